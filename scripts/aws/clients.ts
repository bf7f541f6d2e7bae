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

/** What AWS's commonest refusals mean for whoever ran the script. */
const MEANINGS: Readonly<Record<string, string>> = {
  CredentialsProviderError: 'there are no AWS credentials; set AWS_PROFILE, or log in with the aws CLI',
  ExpiredTokenException: 'the AWS credentials have expired; log in again',
  UnrecognizedClientException: 'AWS does not know these credentials',
  AccessDeniedException: 'the AWS credentials may not do this',
  ClusterNotFoundException: 'there is no such ECS cluster in this account and region',
  ServiceNotFoundException: 'there is no such ECS service; has infra/terraform been applied?',
  ServiceNotActiveException: 'the ECS service is not active; has infra/terraform been applied?',
  ResourceNotFoundException: 'there is no such log group; has infra/terraform been applied?',
};

/** One call to AWS; its failure says in plain words what was asked and what came of it. */
export async function call<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (err) {
    if (err instanceof CliError) throw err;
    const { name, message } = err as Error;
    const meaning = MEANINGS[name];
    throw new CliError(
      `${what}: ${meaning === undefined ? `${name}: ${message}` : `${meaning} (${name}: ${message})`}`,
    );
  }
}
