import { EXIT } from '../report/exit-codes';
import { describeGrpcError } from '../temporal/grpc-errors';

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

/** Returns the message of any error for people. The SDK's errors do not contain what the server has answered. */
export function messageOf(err: unknown): string {
  const { message } = err as Error;
  const answer = describeGrpcError(err);
  return err instanceof CliError || message.includes(answer) ? message : `${message}: ${answer}`;
}
