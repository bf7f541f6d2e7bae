import { percent } from '../measurement/format/numbers';
import type { Readings } from '../measurement/server/readings';
import type { MeasureName } from '../measurement/server/server-measures';

/** Returns the label and the text of each line of the summary about Aurora DSQL; none if the server has no metrics of it. */
export function dsqlLines(readings: Readings): [label: string, text: string][] {
  if (!readings.all.some(({ name }) => name.startsWith('DSQL'))) return cloudWatch(readings);
  const [refreshed, failed] = [readings.sum('DSQL token refreshes'), readings.sum('DSQL token refresh failures')];
  const waits: MeasureName = 'database connection waits';
  const { lowestReservoir: reservoir } = readings;
  return [
    ['DSQL transactions', transactions(readings)],
    ...(readings.named(waits).length > 0
      ? [line('DSQL connection waits', `${readings.perSecond(waits).toFixed(1)}/s`)]
      : []),
    ...byLabel('DSQL errors', readings, 'DSQL errors'),
    ...(reservoir
      ? [
          line(
            'DSQL reservoir',
            `lowest ${reservoir.size} of ${reservoir.target ?? 'an unknown number'} (${reservoir.replica}); ${readings.sum('DSQL reservoir checkouts')} checkouts, ${readings.sum('DSQL reservoir empty')} found it empty`,
          ),
        ]
      : []),
    ...byLabel('DSQL refill failures', readings, 'DSQL reservoir refill failures'),
    ...byLabel('DSQL discards', readings, 'DSQL reservoir discards'),
    ...(refreshed + failed > 0 ? [line('DSQL tokens', `${refreshed} refreshed, ${failed} refreshes failed`)] : []),
    ...cloudWatch(readings),
  ];
}

function line(label: string, text: string): [string, string] {
  return [label, text];
}

function transactions(readings: Readings): string {
  const [recorded, conflicts] = [readings.sum('DSQL transaction latency'), readings.sum('DSQL conflicts')];
  const counts = `${conflicts} conflicts, ${readings.sum('DSQL retries')} retries, ${readings.sum('DSQL retries exhausted')} gave up`;
  return recorded === 0
    ? `${counts}; their share is not known, because the plugin recorded no transaction`
    : `${counts} in ${recorded} recorded transactions (${percent(conflicts / recorded)} conflicts)`;
}

/** Returns the lines about what CloudWatch has: the minutes that lie entirely within the hold. */
function cloudWatch(readings: Readings): [string, string][] {
  const [commit] = readings.named('Aurora DSQL commit latency');
  const [transactions, conflicts] = [readings.sum('Aurora DSQL transactions'), readings.sum('Aurora DSQL conflicts')];
  const dpu = readings.sum('Aurora DSQL DPU');
  return [
    ...(commit
      ? [
          line(
            'Aurora DSQL commit latency',
            `median of each minute ${commit.mean!.toFixed(1)} ms on average, ${commit.highest!.toFixed(1)} at most`,
          ),
        ]
      : []),
    ...(transactions > 0
      ? [
          line(
            'Aurora DSQL transactions',
            `${readings.perSecond('Aurora DSQL transactions').toFixed(1)}/s, ${conflicts} of ${transactions} in conflict (${percent(conflicts / transactions, 2)}), ${readings.sum('Aurora DSQL query timeouts')} query timeouts`,
          ),
        ]
      : []),
    ...(dpu > 0 ? [line('Aurora DSQL use', `${dpu} DPU`)] : []),
  ];
}

function byLabel(label: string, readings: Readings, name: MeasureName): [string, string][] {
  const found = readings.named(name).filter(({ count = 0 }) => count > 0);
  return found.length === 0 ? [] : [line(label, found.map(({ labels, count }) => `${count} × ${labels}`).join(', '))];
}
