import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient } from '@aws-sdk/client-ecs';
import { CliError } from '../../cli/errors';
import type { Deployment } from './deployment';

export interface Clients {
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
}

export function clientsFor({ region }: Deployment): Clients {
  return { ecs: new ECSClient({ region }), logs: new CloudWatchLogsClient({ region }) };
}

/** What to do about the most common AWS errors, by the error's name. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  CredentialsProviderError: 'no AWS credentials found; set AWS_PROFILE or log in with the AWS CLI',
  ExpiredTokenException: 'the AWS credentials have expired; log in again',
  UnrecognizedClientException: 'AWS does not accept these credentials; check AWS_PROFILE',
  AccessDeniedException: 'the AWS credentials lack a permission; attach the operator policy of infra/terraform',
  ClusterNotFoundException:
    'no such ECS cluster in this account and region; check AWS_PROFILE, or apply infra/terraform',
  ServiceNotFoundException: 'no such ECS service; apply infra/terraform',
  ServiceNotActiveException: 'the ECS service is not active; apply infra/terraform',
  ResourceNotFoundException: 'no such log group; apply infra/terraform',
};

/**
 * Sends one request to AWS.
 *
 * @throws CliError that names the resource and, for the most common errors, what to do
 */
export async function call<T>(what: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (err) {
    if (err instanceof CliError) throw err;
    const { name, message } = err as Error;
    const explanation = EXPLANATIONS[name];
    throw new CliError(
      `${what}: ${explanation === undefined ? `${name}: ${message}` : `${explanation} (${name}: ${message})`}`,
    );
  }
}
