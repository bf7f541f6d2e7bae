import type { Finding } from './finding';
import type { HoldEvidence } from './hold-evidence';

/** From this uncertainty on, the start of the lanes is worth a finding. */
const NOTABLE_MS = 50;

/** Returns a finding if generators are so far from the control server that they know its time only roughly. */
export function uncertainClock(holds: readonly HoldEvidence[]): Finding[] {
  const checks = holds.flatMap(({ validity }) => validity?.checks ?? []);
  const clocks = checks.filter(({ name, ok }) => name === 'clock uncertainty' && ok);
  const most = Math.max(0, ...clocks.map(({ measured }) => measured));
  if (most <= NOTABLE_MS) return [];
  return [
    {
      name: 'the control server is far from the generators',
      confidence: 'high',
      evidence: `generators know its time to within ± ${most.toFixed(0)} ms, half of a round trip`,
      advice:
        'lanes may begin a step so much earlier or later than others; latencies are not affected. Run the control server closer to the generators if that matters',
    },
  ];
}
