import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { z } from 'zod';
import { badConfiguration, CliError } from '../../cli/errors';

/** What infra/terraform tells of an environment, as its output `deployment`. */
const deployment = z.object({
  region: z.string(),
  cluster: z.string(),
  capacity_provider: z.string(),
  load_service: z.string(),
  control_service: z.string(),
  control_server_service: z.string().nullable(),
  run_task_definition: z.string(),
  container: z.string(),
  subnets: z.array(z.string()),
  security_group: z.string(),
  log_group: z.string(),
  worker_count: z.number(),
  generators_per_worker: z.number(),
  tasks_per_instance: z.number(),
  max_instances: z.number(),
});
export type Deployment = z.infer<typeof deployment>;

export function withDeploymentOptions<T>(yargs: Argv<T>): Argv<T> {
  return yargs
    .positional('env', {
      type: 'string',
      demandOption: true,
      describe: 'Environment: a folder of infra/terraform, or a path',
    })
    .option('deployment', {
      type: 'string',
      requiresArg: true,
      describe: 'Read the output `deployment` from this JSON file instead of asking terraform',
    });
}

/** By `terraform output` in the environment's folder, or from a file. */
export function readDeployment(argv: Readonly<Record<string, unknown>>): Deployment {
  const text = argv.deployment === undefined ? askTerraform(String(argv.env)) : readFile(String(argv.deployment));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badConfiguration('deployment: it is not JSON; give what `terraform output -json deployment` prints');
  }
  const parsed = deployment.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw badConfiguration(`deployment: it is not the output of infra/terraform: ${fields.join('; ')}`);
}

function readFile(path: string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8');
  throw badConfiguration(`deployment: there is no file ${path}`);
}

function askTerraform(env: string): string {
  const folders = [env, join('infra', 'terraform', env)];
  const folder = folders.find((candidate) => existsSync(candidate));
  if (!folder) throw badConfiguration(`env: there is no folder ${folders.join(' or ')}`);
  const { status, stdout, stderr, error } = spawnSync('terraform', ['output', '-json', 'deployment'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (error) throw new CliError(`terraform could not be started (${error.message}); or give --deployment FILE`);
  if (status !== 0) throw new CliError(`terraform output in ${folder}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}
