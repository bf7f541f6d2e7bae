import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { z } from 'zod';
import { badConfiguration, CliError } from '../../cli/errors';

/** The Terraform output `deployment` of one environment. */
const deployment = z.object({
  region: z.string(),
  cluster: z.string(),
  capacity_provider: z.string(),
  load_service: z.string(),
  control_service: z.string(),
  control_server_service: z.string().nullable(),
  load_task_definition: z.string(),
  control_task_definition: z.string(),
  run_task_definition: z.string(),
  container: z.string(),
  sidecar: z.string().nullable(),
  enable_execute_command: z.boolean(),
  subnets: z.array(z.string()),
  security_group: z.string(),
  log_group: z.string(),
  load_task_count: z.number(),
  generators_per_task: z.number(),
  tasks_per_instance: z.number(),
  max_instances: z.number(),
});
export type Deployment = z.infer<typeof deployment>;

export function withDeploymentOptions<T>(yargs: Argv<T>): Argv<T> {
  return yargs
    .positional('env', {
      type: 'string',
      demandOption: true,
      describe: 'Environment: a folder in infra/terraform, or a path',
    })
    .option('deployment', {
      type: 'string',
      requiresArg: true,
      describe: 'Read the Terraform output `deployment` from this JSON file instead of running terraform',
    });
}

/**
 * Reads the output `deployment` with `terraform output` in the environment's folder, or from the file given by `--deployment`.
 *
 * @throws CliError if there is no such folder or file, or its content is not that output
 */
export function readDeployment(argv: Readonly<Record<string, unknown>>): Deployment {
  const text = argv.deployment === undefined ? terraformOutput(String(argv.env)) : readFile(String(argv.deployment));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badConfiguration('`--deployment` is not JSON; give a file written by `terraform output -json deployment`');
  }
  const parsed = deployment.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw badConfiguration(
    `the Terraform output deployment does not match this version of the scripts (${fields.join('; ')}); run terraform apply`,
  );
}

function readFile(path: string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8');
  throw badConfiguration(`--deployment: no such file: ${path}`);
}

function terraformOutput(env: string): string {
  const folders = [env, join('infra', 'terraform', env)];
  const folder = folders.find((candidate) => existsSync(candidate));
  if (!folder) throw badConfiguration(`environment ${JSON.stringify(env)}: no such folder: ${folders.join(' or ')}`);
  const { status, stdout, stderr, error } = spawnSync('terraform', ['output', '-json', 'deployment'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (error) throw new CliError(`cannot start terraform (${error.message}); install it, or give --deployment FILE`);
  if (status !== 0) throw new CliError(`terraform output failed in ${folder}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}
