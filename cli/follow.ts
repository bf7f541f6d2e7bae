import { awaitRun, RunStuckError, type RunOutcome } from '../machine/await-run';
import { abortUpdate } from '../orchestrator/messages';
import { EXIT } from '../report/exit-codes';
import { CliError } from './errors';
import { isRunning, startSupervisor } from './local-session';
import { LiveView } from './live-view';
import type { LocatedRun } from './locate';

const SUPERVISOR_CHECK_MS = 1000;

/** Watches a run to its end. Ctrl-C once aborts it, with a report; twice leaves it and says how to clean up. */
export async function follow(run: LocatedRun, env: NodeJS.ProcessEnv): Promise<RunOutcome> {
  const view = new LiveView(run.client, run.workflowId);
  const interrupts = new Interrupts(run, () => view.stop());
  const keeping = keepSupervised(run, env);
  const showing = view.run();
  try {
    return await awaitRun(run.client, run.workflowId, { failWhenStuck: true });
  } catch (err) {
    if (err instanceof RunStuckError) throw new CliError(`${err.message}\n${howToCleanUp(run)}`);
    throw err;
  } finally {
    view.stop();
    interrupts.end();
    clearInterval(keeping);
    await showing;
  }
}

/** What runs for a run at home is brought back if it dies while somebody watches. */
function keepSupervised({ session }: LocatedRun, env: NodeJS.ProcessEnv): NodeJS.Timeout {
  let reviving = false;
  return setInterval(() => {
    if (!session || reviving || isRunning(session)) return;
    reviving = true;
    process.stderr.write('\nThe processes of the run died; bringing them back.\n');
    startSupervisor(session, env)
      .catch((err: Error) => process.stderr.write(`${err.message}\n`))
      .finally(() => (reviving = false));
  }, SUPERVISOR_CHECK_MS);
}

class Interrupts {
  private count = 0;

  constructor(
    private readonly run: LocatedRun,
    private readonly leave: () => void,
  ) {
    process.on('SIGINT', this.onInterrupt);
    process.on('SIGTERM', this.onInterrupt);
  }

  end(): void {
    process.off('SIGINT', this.onInterrupt);
    process.off('SIGTERM', this.onInterrupt);
  }

  private readonly onInterrupt = () => {
    this.count += 1;
    if (this.count > 1) {
      this.leave();
      process.stderr.write(
        `\nLeft ${this.run.workflowId} to itself; it goes on to its end. ${howToCleanUp(this.run)}\n`,
      );
      process.exit(EXIT.interrupted);
    }
    process.stderr.write('\nAborting: the run cleans up and reports. Ctrl-C again leaves at once.\n');
    this.run.client.workflow
      .getHandle(this.run.workflowId)
      .executeUpdate(abortUpdate, { args: [{ reason: 'interrupted by Ctrl-C' }] })
      .catch((err: Error) => process.stderr.write(`The abort was not taken: ${err.message}\n`));
  };
}

function howToCleanUp({ workflowId }: LocatedRun): string {
  return `To see it end: benchmark watch ${workflowId}; to end and remove it: benchmark cleanup ${workflowId}`;
}
