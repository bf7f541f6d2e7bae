import { createLogger, format, transports, type Logger } from 'winston';

/** JSON lines on stderr; stdout belongs to results. */
export function logger(role: string, level = process.env.BENCHMARK_LOG_LEVEL || 'info'): Logger {
  return createLogger({
    level,
    defaultMeta: { role, pid: process.pid },
    format: format.combine(format.timestamp(), format.errors({ stack: false }), format.json()),
    transports: [new transports.Console({ stderrLevels: ['error', 'warn', 'info', 'verbose', 'debug', 'silly'] })],
  });
}
