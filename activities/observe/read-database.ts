import { Context } from '@temporalio/activity';
import {
  cloudWatchReadings,
  CLOUDWATCH_MEASURES,
  minutesWithin,
  type Minutes,
} from '../../measurement/server/cloudwatch';
import type { ServerObservation } from '../../measurement/server/target';
import type { HoldTime } from '../../orchestrator/activity-types';
import type { Clock } from '../control-clock';
import type { DatabaseSource } from './cloudwatch';

/** CloudWatch has a value a few minutes after its minute. This is how long after a hold it is waited for. */
const WAIT_MS = 4 * 60_000;
const POLL_MS = 15_000;

/** The metric that a cluster under load always has. Its last minute shows that the values have arrived. */
const ALWAYS_THERE = 'TotalTransactions';

type Found = Pick<ServerObservation, 'readings' | 'unknown'>;

export interface ReadDatabaseDeps {
  readonly source: DatabaseSource | undefined;
  /** Returns the control server's clock, on which holds are. */
  readonly clock: () => Promise<Clock>;
}

export function createReadDatabase({ source, clock }: ReadDatabaseDeps) {
  /**
   * Returns what CloudWatch has about the database in each hold, in the order of the holds. Waits for the values of the
   * last one. What is missing is unknown, with the reason.
   */
  return async function readDatabase(holds: readonly HoldTime[]): Promise<Found[]> {
    const windows = holds.map(({ startAtMs, durationMs }) => minutesWithin(startAtMs, durationMs));
    const now = source ? await clock() : Date.now;
    const found: Found[] = [];
    for (const minutes of windows) found.push(await readingsOf(source, minutes, now));
    return found;
  };
}

async function readingsOf(
  source: DatabaseSource | undefined,
  minutes: Minutes | undefined,
  now: Clock,
): Promise<Found> {
  const unknown = (reason: string): Found => ({ readings: [], unknown: [`CloudWatch ${reason}`] });
  if (!source) return unknown('was not read: the control worker was restarted without its configuration');
  if (!minutes) return unknown('has one value per minute, and the hold contains no whole minute');
  try {
    const values = await arrived(source, minutes, now);
    const readings = cloudWatchReadings(values, minutes);
    const missing = CLOUDWATCH_MEASURES.filter(({ name }) => !readings.some((reading) => reading.name === name));
    const names = missing.map(({ metric }) => metric).join(', ');
    return { readings, unknown: missing.length === 0 ? [] : [`CloudWatch had no value of ${names}`] };
  } catch (err) {
    return unknown((err as Error).message);
  }
}

/** Reads the values until the last minute has one, or until it is too late. */
async function arrived(source: DatabaseSource, minutes: Minutes, now: Clock) {
  const lastMinute = minutes.toSeconds - 60;
  const untilMs = minutes.toSeconds * 1000 + WAIT_MS;
  for (;;) {
    const values = await source(minutes);
    if (values.get(ALWAYS_THERE)?.has(lastMinute) || now() + POLL_MS > untilMs) return values;
    await Context.current().sleep(POLL_MS);
  }
}
