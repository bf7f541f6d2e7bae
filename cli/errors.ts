import { EXIT } from '../report/exit-codes';

/** An error that ends a command with a message and an exit code, without a stack trace. */
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
