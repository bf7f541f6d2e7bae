import { createLogger, format, transports, type Logger } from 'winston';

/** A supervisor that was killed takes the other end of this pipe with it: words that nobody hears are no reason to die. */
process.stderr.on('error', () => undefined);

/** JSON lines on stderr; stdout belongs to results. */
export function logger(role: string, level = process.env.BENCHMARK_LOG_LEVEL || 'info'): Logger {
  return createLogger({
    level,
    defaultMeta: { role, pid: process.pid },
    format: format.combine(format.timestamp(), format.errors({ stack: false }), format.json()),
    transports: [new transports.Console({ stderrLevels: ['error', 'warn', 'info', 'verbose', 'debug', 'silly'] })],
  });
}

/** Said of every worker that runs activities only, as most of ours do. */
const EXPECTED = /^No (workflows|Nexus services|activities) registered/;

/** The SDK's own log, warnings and worse only: its chatter is not ours. */
export function quietLogger(log: Logger) {
  const ignore = () => undefined;
  const warn = (message: string, meta?: object) => void (EXPECTED.test(message) || log.warn(message, meta));
  const error = (message: string, meta?: object) => void log.error(message, meta);
  const byLevel = (level: string, message: string, meta?: object) =>
    level === 'WARN' ? warn(message, meta) : level === 'ERROR' ? error(message, meta) : undefined;
  return { log: byLevel, trace: ignore, debug: ignore, info: ignore, warn, error };
}
