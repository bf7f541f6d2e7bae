import { clock, readableMs, readableRate } from '../../measurement/format/durations';
import { readable } from '../../measurement/format/numbers';
import { aboutOf } from '../about';
import type { BenchmarkResult } from '../result-schema';
import { markup, type Markup } from './markup';

/** What a page shows of a run in progress besides its result so far. */
export interface LiveStatus {
  readonly runId: string;
  readonly phase: string;
  /** Absent outside the load. */
  readonly load?: {
    readonly elapsedMs: number;
    readonly durationMs: number;
    readonly step: string;
    readonly targetRate: number;
    readonly inFlight: number;
    readonly backlog?: Readonly<Partial<Record<string, number>>>;
    /** Arrivals that did not become a workflow, by cause. */
    readonly errors: Readonly<Record<string, number>>;
    /** The latest is the last. */
    readonly history: readonly { readonly ratePerSecond: number; readonly p50Ms?: number; readonly p99Ms?: number }[];
  };
  readonly notes: readonly string[];
  /** How long the run has not answered, milliseconds; absent if it answers. */
  readonly silentMs?: number;
}

/** The notes that are shown, the latest ones. */
const SHOWN_NOTES = 3;

/** What each phase outside the load does, for people. */
const PHASES: Readonly<Record<string, string>> = {
  starting: 'The run is starting.',
  health: 'The run checks the target.',
  namespace: 'The run prepares its namespace.',
  system: 'The run reads what the target is.',
  hosts: 'The run waits for its generators.',
  load: 'The load begins.',
  drain: 'The load has ended. The run waits for the last completions.',
  reconcile: 'The load has ended. The run compares its account with the server.',
  sample: 'The load has ended. The run samples workflows.',
  verdict: 'The load has ended. The run judges the holds.',
  cleanup: 'The load has ended. The run cleans up.',
  report: 'The run writes its report.',
  done: 'The run has ended.',
};

/** Returns the strip at the top of the page of a run in progress: its phase, its progress, and its latest figures. */
export function liveStrip({ runId, phase, load, notes, silentMs }: LiveStatus, result?: BenchmarkResult): Markup {
  const about = result ? aboutOf(result) : '';
  const left = load && Math.max(0, load.durationMs - load.elapsedMs);
  const answer = load
    ? `${load.step}; ${clock(load.elapsedMs)} of ${clock(load.durationMs)}, ${clock(left!)} left`
    : (PHASES[phase] ?? phase);
  return markup`<header class="verdict running">
      <p class="outcome">RUNNING</p>
      <p class="answer">${answer}</p>
      ${load ? markup`<div class="bar progress" role="img" aria-label="progress"><span class="done" style="flex:${share(load.elapsedMs)}"></span><span style="flex:${share(left!)}"></span></div>` : ''}
      <p class="about">${about}</p>
    </header>
    ${
      silentMs === undefined
        ? ''
        : markup`<p class="waiting">
            No answer from the control worker for ${Math.round(silentMs / 1000)} s. The page waits for it; the figures of the
            run are older. Generators go on with the step that they send.
          </p>`
    }
    ${load ? liveTiles(load) : ''}
    ${notes.slice(-SHOWN_NOTES).map((note) => markup`<p class="hint">Note: ${note}</p>`)}
    <p class="run">${runId}</p>`;
}

/** Flex factors must not be negative or too small. */
function share(ms: number): number {
  return Math.max(0, Math.round(ms));
}

function liveTiles({ targetRate, inFlight, backlog, errors, history }: NonNullable<LiveStatus['load']>): Markup {
  const { ratePerSecond = 0, p50Ms, p99Ms } = history.at(-1) ?? {};
  const failed = Object.entries(errors).sort(([, a], [, b]) => b - a);
  const total = failed.reduce((sum, [, count]) => sum + count, 0);
  const waiting = Object.entries(backlog ?? {}).map(([type, tasks]) => `${type} ${tasks}`);
  const ms = (value: number | undefined) => (value === undefined ? '–' : readableMs(value));
  return markup`<div class="tiles">
    ${tile('starts', readableRate(ratePerSecond), `target ${readable(targetRate)}/s`)}${tile('p50 latency', ms(p50Ms), 'of this step')}${tile('p99 latency', ms(p99Ms), 'of this step')}${tile('in flight', String(inFlight), waiting.length > 0 ? `backlog ${waiting.join(', ')}` : 'starts without an answer')}${tile('not started', String(total), failed[0] ? `${failed[0][1]} × ${failed[0][0]}` : 'every arrival was started', total > 0 ? 'bad' : '')}
  </div>`;
}

function tile(name: string, value: string, note: string, className = ''): Markup {
  return markup`<div class="tile ${className}">
    <span class="name">${name}</span><span class="value">${value}</span><span class="note">${note}</span>
  </div>`;
}
