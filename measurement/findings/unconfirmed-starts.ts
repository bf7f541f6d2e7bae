import type { Ledger } from '../account/ledger';
import type { Finding } from './finding';
import type { HoldEvidence } from './hold-evidence';

/** The cause of starts that got no response within their deadline. */
export const UNANSWERED = 'DEADLINE_EXCEEDED';
/** The cause of starts that failed with their connection; temporal/grpc-errors.ts records it. */
export const CONNECTION_LOST = 'UNAVAILABLE/connection';

/** Returns findings for starts that no server rejected: they got no response, or failed with their connection. */
export function unconfirmedStarts(holds: readonly HoldEvidence[]): Finding[] {
  return [...lostConnections(holds), ...unansweredStarts(holds)];
}

/** Quotes the first message of a cause, if there is one. */
export function exampleOf(holds: readonly HoldEvidence[], cause: string): string {
  const message = holds.map(({ ledger }) => ledger.examples?.[cause]).find((one) => one !== undefined);
  return message === undefined ? '' : ` (first message: ${JSON.stringify(message)})`;
}

/** Returns a finding if starts failed because of their connection. No server reported these errors. */
function lostConnections(holds: readonly HoldEvidence[]): Finding[] {
  const hit = holds.filter(({ ledger }) => lostIn(ledger) > 0);
  if (hit.length === 0) return [];
  const lost = hit.reduce((sum, { ledger }) => sum + lostIn(ledger), 0);
  const scheduled = hit.reduce((sum, { ledger }) => sum + ledger.scheduled, 0);
  return [
    {
      name: 'connections to the target fail',
      confidence: 'medium',
      evidence: `${lost} of ${scheduled} starts failed with their connection${exampleOf(hit, CONNECTION_LOST)}`,
      advice:
        'this is not a limit of the server: check whether a frontend or a load balancer restarted, and the network between the generators and the frontends',
    },
  ];
}

function lostIn({ rejected, unknown }: Ledger): number {
  return (rejected[CONNECTION_LOST] ?? 0) + (unknown[CONNECTION_LOST] ?? 0);
}

/** Returns a finding if starts had no response, or arrivals were not sent because too many starts waited for one. */
function unansweredStarts(holds: readonly HoldEvidence[]): Finding[] {
  const count = (pick: (ledger: Ledger) => number) => holds.reduce((sum, { ledger }) => sum + pick(ledger), 0);
  const unanswered = count(({ rejected, unknown }) => (rejected[UNANSWERED] ?? 0) + (unknown[UNANSWERED] ?? 0));
  const capped = count(({ skipped }) => skipped['in-flight-cap'] ?? 0);
  if (unanswered + capped === 0) return [];
  return [
    {
      name: 'starts time out',
      confidence: 'medium',
      evidence: `${unanswered} starts had no response within their deadline (${UNANSWERED}); ${capped} arrivals were not sent because too many starts were waiting for a response`,
      advice: 'check persistence_latency and the CPU of the frontend and history services',
    },
  ];
}
