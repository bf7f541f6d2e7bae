import type { Finding } from './finding';
import { total, type Ledger } from './ledger';
import { limitOf } from './limits';
import { symptomsOf, type Symptoms } from './symptoms';
import type { TargetObservation } from './target';
import type { Validity } from './validity';
import type { Verdict } from './verdict';

/** What is known of one hold, or of the whole run where it never came to one. */
export interface HoldEvidence {
  readonly targetRate: number;
  readonly ledger: Ledger;
  readonly acknowledgedPerSecond: number;
  readonly verdict?: Verdict;
  readonly validity?: Validity;
  /** What the cluster did meanwhile, by its own account. */
  readonly target?: TargetObservation;
}

/**
 * Ranks what limited the holds: what the server said of itself first, by how many starts it cost. Competing causes all
 * stand there with their evidence; without evidence it says so instead of guessing.
 */
export function attribute(holds: readonly HoldEvidence[]): Finding[] {
  const { limits, symptoms, warnings } = byTheCluster(holds);
  // A service that says whom it refused is nearer to the cause than what the caller was told of it.
  const refused = refusals(holds);
  const inside = limits.filter(({ knob }) => !refused.some((other) => other.knob === knob));
  const found = [...inside, ...refused, ...silence(holds), ...ourselves(holds), ...symptoms];
  if (found.length > 0) return [...found, ...warnings];
  const judged = holds.filter(({ verdict }) => verdict !== undefined);
  if (judged.length === 0) return [...warnings];
  return [judged.every(({ verdict }) => verdict!.passed) ? nothingLimited(judged) : undetermined(judged), ...warnings];
}

/** What the cluster's own account shows of all holds; of a finding that several have, the first stands. */
function byTheCluster(holds: readonly HoldEvidence[]): Symptoms {
  const all = holds.flatMap(({ target, targetRate, verdict, validity }) =>
    target && verdict ? [symptomsOf(target, targetRate, !(verdict.passed && validity?.valid))] : [],
  );
  const first = (findings: readonly Finding[]) =>
    findings.filter(({ name }, i) => findings.findIndex((other) => other.name === name) === i);
  return {
    limits: first(all.flatMap(({ limits }) => limits)),
    symptoms: first(all.flatMap(({ symptoms }) => symptoms)),
    warnings: first(all.flatMap(({ warnings }) => warnings)),
  };
}

/** Starts the server refused, by the limit it named. */
function refusals(holds: readonly HoldEvidence[]): Finding[] {
  const causes = new Set(holds.flatMap(({ ledger }) => Object.keys(ledger.rejected)));
  const counted = [...causes].map((cause) => {
    const hit = holds.filter(({ ledger }) => (ledger.rejected[cause] ?? 0) > 0);
    const refused = hit.reduce((sum, { ledger }) => sum + ledger.rejected[cause]!, 0);
    const scheduled = hit.reduce((sum, { ledger }) => sum + ledger.scheduled, 0);
    const allowed = Math.max(...hit.map(({ acknowledgedPerSecond }) => acknowledgedPerSecond));
    return {
      cause,
      refused,
      evidence: `${refused} of ${scheduled} starts were refused with ${cause}; ${allowed.toFixed(1)}/s were let through`,
      factor: Math.max(...hit.map(({ targetRate }) => targetRate)) / allowed,
    };
  });
  return counted
    .sort((a, b) => b.refused - a.refused)
    .map(({ cause, evidence, factor }) => {
      const limit = limitOf(cause);
      if (!limit)
        return {
          name: `starts refused: ${cause}`,
          confidence: 'high',
          evidence,
          advice: "see the server's log for this code",
        };
      const { name, knob, default: fallback, caveat } = limit;
      return {
        name,
        confidence: 'high',
        evidence,
        knob,
        default: fallback,
        advice: `raise ${knob} in the server's dynamic configuration${atLeast(factor)}`,
        caveat,
      };
    });
}

/** By how much: what is in force is not known here, but what it let through is. */
function atLeast(factor: number): string {
  return Number.isFinite(factor) && factor > 1.005 ? `, to ${factor.toFixed(1)} times what it is now or more` : '';
}

/** Starts without an answer, and arrivals that were not sent because too many waited for one. */
function silence(holds: readonly HoldEvidence[]): Finding[] {
  const count = (pick: (ledger: Ledger) => number) => holds.reduce((sum, { ledger }) => sum + pick(ledger), 0);
  const unanswered = count(
    ({ rejected, unknown }) => (rejected.DEADLINE_EXCEEDED ?? 0) + (unknown.DEADLINE_EXCEEDED ?? 0),
  );
  const capped = count(({ skipped }) => skipped['in-flight-cap'] ?? 0);
  if (unanswered + capped === 0) return [];
  return [
    {
      name: 'starts are not answered in time',
      confidence: 'medium',
      evidence: `${unanswered} starts had no answer within their deadline, ${capped} were not sent because too many were waiting for one`,
      advice: 'look at persistence_latency and at the CPU of frontend and history',
    },
  ];
}

export const OWN_LIMITS: Readonly<Record<string, { readonly knob: string; readonly advice: string }>> = {
  'schedule lag': { knob: '--lanes', advice: 'give the generators more CPU, or share the load over more of them' },
  'generator event loop': { knob: '--lanes', advice: 'share the load over more generator processes' },
  'generator CPU quota': { knob: 'the CPU limit of the container', advice: 'raise the CPU limit of the generators' },
  'host event loop': { knob: '--hosts', advice: 'run the load workflows on more worker processes' },
  'host present': {
    knob: 'the memory and the CPU of the host',
    advice: 'see the log of the host role for why it went: nobody executed the load workflows meanwhile',
  },
  'host task slots': { knob: '--host-slots', advice: 'give the workers more slots, or run more of them' },
};

/** Limits of the benchmark's own processes: an invalid hold says nothing of the server. */
function ourselves(holds: readonly HoldEvidence[]): Finding[] {
  const failed = holds.flatMap(({ validity }) => validity?.checks.filter((check) => !check.ok) ?? []);
  const first = failed.filter((check, i) => failed.findIndex(({ name }) => name === check.name) === i);
  return first.map(({ name, detail }) => {
    const own = OWN_LIMITS[name];
    return {
      name: `limited by the benchmark itself: ${name}`,
      confidence: 'high',
      evidence: detail,
      ...(own ?? { advice: 'run it again' }),
    };
  });
}

function nothingLimited(holds: readonly HoldEvidence[]): Finding {
  const highest = Math.max(...holds.map(({ targetRate }) => targetRate));
  return {
    name: 'nothing limited it',
    confidence: 'high',
    evidence: `${highest}/s were held within every threshold`,
    advice: `try more: --rate ${Math.ceil(highest * 1.5)}`,
  };
}

function undetermined(holds: readonly HoldEvidence[]): Finding {
  const reasons = holds.flatMap(({ verdict }) => verdict!.failureReasons);
  const lost = holds.reduce((sum, { ledger }) => sum + total(ledger.skipped), 0);
  return {
    name: 'not determined',
    confidence: 'low',
    evidence: [...reasons, ...(lost > 0 ? [`${lost} arrivals were skipped`] : [])].join('; '),
    advice:
      'no start was refused and the generators kept up: compare CPU and persistence latency of the server at a lower rate',
  };
}
