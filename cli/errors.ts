import { EXIT } from '../report/exit-codes';

/** What a command ends with instead of a stack trace: one message and the exit code it stands for. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    message: string,
    readonly exitCode: number = EXIT.error,
  ) {
    super(message);
  }
}

export function badConfiguration(message: string): CliError {
  return new CliError(message, EXIT.badConfiguration);
}
