import { awaitRun, RunStuckError, type RunOutcome } from '../machine/await-run';
import { abortUpdate } from '../orchestrator/messages';
import { EXIT } from '../report/exit-codes';
import { CliError } from './errors';
import { nameOfSignal } from './interruption';
import { isRunning, startSupervisor } from './local-session';
import type { LivePage } from './live-page';
import { LiveView } from './live-view';
import type { LocatedRun } from './locate';
import { RunWatch } from './run-watch';

const SUPERVISOR_CHECK_MS = 1000;

/**
 * Shows a run in the terminal, and on a page if there is one, until it ends. The first Ctrl-C aborts the run, which then cleans up and reports. The second Ctrl-C ends
 * this process and does not wait for the report.
 */
export async function follow(run: LocatedRun, env: NodeJS.ProcessEnv, page?: LivePage): Promise<RunOutcome> {
  const watch = new RunWatch(run.client, run.workflowId);
  const view = new LiveView();
  watch.subscribe(({ state }) => view.show(state));
  page?.follow(watch);
  const interrupts = new Interrupts(run, view);
  const supervision = keepSupervised(run, env, view);
  const watching = watch.run();
  try {
    const outcome = await Promise.race([
      awaitRun(run.client, run.workflowId, { failWhenStuck: true }),
      supervision.endedElsewhere,
    ]);
    page?.end(outcome);
    return outcome;
  } catch (err) {
    if (err instanceof RunStuckError) throw new CliError(`${err.message}\n${nextCommands(run)}`);
    throw err;
  } finally {
    watch.stop();
    view.stop();
    interrupts.end();
    clearInterval(supervision.timer);
    await watching;
  }
}

interface Supervision {
  readonly timer: NodeJS.Timeout;
  /** Settles if another command has ended the run: with its outcome if that was kept. */
  readonly endedElsewhere: Promise<RunOutcome>;
}

/** Restarts the processes of a local run if they stop while it is being watched, unless the run has ended. */
function keepSupervised({ session, workflowId }: LocatedRun, env: NodeJS.ProcessEnv, view: LiveView): Supervision {
  let isRestarting = false;
  let resolve: (outcome: RunOutcome) => void;
  let reject: (err: Error) => void;
  const endedElsewhere = new Promise<RunOutcome>((...settle) => ([resolve, reject] = settle));
  endedElsewhere.catch(() => undefined);
  const check = () => {
    if (!session || isRestarting) return;
    if (!session.exists) return reject(new CliError(`the run ${workflowId} was ended and removed by another command`));
    if (isRunning(session)) return;
    const outcome = session.savedOutcome();
    if (outcome) return resolve(outcome);
    isRestarting = true;
    view.note('The processes of the run have stopped; restarting them.');
    startSupervisor(session, env)
      .catch((err: Error) => view.note(err.message))
      .finally(() => (isRestarting = false));
  };
  return { timer: setInterval(check, SUPERVISOR_CHECK_MS), endedElsewhere };
}

class Interrupts {
  private count = 0;

  constructor(
    private readonly run: LocatedRun,
    private readonly view: LiveView,
  ) {
    process.on('SIGINT', this.onInterrupt);
    process.on('SIGTERM', this.onInterrupt);
  }

  end(): void {
    process.off('SIGINT', this.onInterrupt);
    process.off('SIGTERM', this.onInterrupt);
  }

  private readonly onInterrupt = (signal: NodeJS.Signals) => {
    this.count += 1;
    if (this.count > 1) this.detach();
    this.view.note('Aborting: the run cleans up and reports. Press Ctrl-C again to exit without waiting for it.');
    this.run.client.workflow
      .getHandle(this.run.workflowId)
      .executeUpdate(abortUpdate, { args: [{ reason: `interrupted by ${nameOfSignal(signal)}` }] })
      .catch((err: Error) => this.view.note(`The abort request failed: ${err.message}`));
  };

  private detach(): never {
    this.view.stop();
    process.stderr.write(`Detached from ${this.run.workflowId}. ${nextCommands(this.run)}\n`);
    process.exit(EXIT.interrupted);
  }
}

function nextCommands({ workflowId }: LocatedRun): string {
  return `To watch the run: benchmark watch ${workflowId}. To end and remove it: benchmark cleanup ${workflowId}`;
}
