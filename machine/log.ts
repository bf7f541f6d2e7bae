import { types } from 'node:util';
import { createLogger, format, transports, type Logger } from 'winston';

/** If the supervisor was killed, nothing reads this pipe any more. A failed write must not end the process. */
process.stderr.on('error', () => undefined);

/** Returns a logger that writes JSON lines to stderr. Stdout is reserved for results. */
export function logger(role: string, level = process.env.BENCHMARK_LOG_LEVEL || 'info'): Logger {
  return createLogger({
    level,
    defaultMeta: { role, pid: process.pid },
    format: format.combine(format.timestamp(), format.errors({ stack: false }), describedErrors(), format.json()),
    transports: [new transports.Console({ stderrLevels: ['error', 'warn', 'info', 'verbose', 'debug', 'silly'] })],
  });
}

/** JSON writes an error as {}, for example that of a failed workflow in a message of the SDK. */
const describedErrors = format((info) => {
  for (const [key, value] of Object.entries(info)) if (types.isNativeError(value)) info[key] = describeError(value);
  return info;
});

/** Returns what is to be known of an error: its type, its message, and those of its causes. */
function describeError(error: Error): object {
  const { cause } = error;
  const { type } = error as { type?: unknown };
  return {
    type: typeof type === 'string' ? type : error.name,
    message: error.message,
    ...(types.isNativeError(cause) ? { cause: describeError(cause) } : {}),
  };
}

/** Warnings of the SDK about workers that run only activities or only workflows, as intended here. */
const EXPECTED_WARNINGS = /^No (workflows|Nexus services|activities) registered/;

/** Returns a logger for the SDK that keeps only its warnings and errors. */
export function quietLogger(log: Logger) {
  const ignore = () => undefined;
  const warn = (message: string, meta?: object) => void (EXPECTED_WARNINGS.test(message) || log.warn(message, meta));
  const error = (message: string, meta?: object) => void log.error(message, meta);
  const byLevel = (level: string, message: string, meta?: object) =>
    level === 'WARN' ? warn(message, meta) : level === 'ERROR' ? error(message, meta) : undefined;
  return { log: byLevel, trace: ignore, debug: ignore, info: ignore, warn, error };
}
