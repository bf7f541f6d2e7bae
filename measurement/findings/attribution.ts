import type { Finding } from './finding';
import { total, type Ledger } from '../account/ledger';
import { mergeWindows } from '../judging/generator-windows';
import { WINDOW_MS } from '../account/generator-audit';
import type { HoldEvidence } from './hold-evidence';
import { limitOf } from './limits';
import { causeOf } from './service-limits';
import { settingFor } from './setting';
import { symptomsOf, type Symptoms } from './symptoms';
import { LOST_SAMPLES } from '../judging/validity-check';

/**
 * Ranks what limited the holds: what the server said of itself first, by how many starts it cost. Competing causes all
 * stand there with their evidence; without evidence it says so instead of guessing.
 */
export function attribute(holds: readonly HoldEvidence[]): Finding[] {
  const { limits, symptoms, warnings } = byTheCluster(holds);
  const refused = refusals(holds);
  // A service that says whom it refused is nearer to the cause than what the caller was told of it.
  const inside = limits
    .filter(({ knob }) => !refused.some((other) => other.knob === knob))
    .map((limit) => withWhatCallersSaw(limit, refused));
  const outside = refused.filter(({ cause }) => !inside.some((limit) => isCauseOf(limit, cause)));
  const named = outside.filter(({ cause }) => limitOf(cause) !== undefined);
  const unnamed = outside.filter((one) => !named.includes(one));
  const own = ourselves(holds);
  // Samples get lost where a target answers late, too.
  const ours = own.filter(({ name }) => !name.endsWith(LOST_SAMPLES));
  const measured = symptoms.filter(({ confidence }) => confidence !== 'low');
  const hints = symptoms.filter((one) => !measured.includes(one));
  const found = [
    ...inside,
    ...named.map(toFinding),
    ...starved(holds),
    ...unnamed.map(toFinding),
    ...ours,
    ...measured,
    ...own.filter((one) => !ours.includes(one)),
    ...silence(holds),
    ...hints,
  ];
  if (found.length > 0) return [...found, ...warnings];
  const judged = holds.filter(({ verdict }) => verdict !== undefined);
  if (judged.length === 0) return [...warnings];
  return [judged.every(({ verdict }) => verdict!.passed) ? nothingLimited(judged) : undetermined(judged), ...warnings];
}

const UNANSWERED = 'DEADLINE_EXCEEDED';

/** What the cluster's own account shows of all holds; of a finding that several have, the first stands. */
function byTheCluster(holds: readonly HoldEvidence[]): Symptoms {
  const all = holds.flatMap((hold) =>
    hold.verdict ? [symptomsOf(hold, !(hold.verdict.passed && hold.validity?.valid))] : [],
  );
  const first = (findings: readonly Finding[]) =>
    findings.filter(({ name }, i) => findings.findIndex((other) => other.name === name) === i);
  return {
    limits: first(all.flatMap(({ limits }) => limits)),
    symptoms: first(all.flatMap(({ symptoms }) => symptoms)),
    warnings: first(all.flatMap(({ warnings }) => warnings)),
  };
}

/** A limit that a service within the cluster has, and starts were refused with the same cause. */
function isCauseOf({ knob }: Finding, cause: string): boolean {
  const inside = knob === undefined ? undefined : causeOf(knob);
  return inside !== undefined && cause.startsWith(`RESOURCE_EXHAUSTED/${inside}`);
}

function withWhatCallersSaw(limit: Finding, refused: readonly Refusal[]): Finding {
  const same = refused.filter(({ cause }) => isCauseOf(limit, cause));
  return same.length === 0
    ? limit
    : { ...limit, evidence: [limit.evidence, ...same.map(({ evidence }) => evidence)].join('; ') };
}

interface Refusal extends Finding {
  /** The entry of the ledger. */
  readonly cause: string;
}

/**
 * A limit of requests counts every API, not starts alone: how many of a frontend's calls there were for one that was let
 * through, by its own metrics; 1 where they do not tell.
 */
function callsPerCallLetThrough({ target }: HoldEvidence): number {
  const readings = target?.server.readings ?? [];
  const sum = (name: string, of: RegExp) =>
    readings.reduce((all, one) => all + (one.name === name && of.test(one.labels) ? (one.count ?? 0) : 0), 0);
  const [calls, refused] = [sum('requests', /^frontend #/), sum('calls refused', /^rps_?limit\/namespace\/frontend$/i)];
  return refused === 0 || calls <= refused ? 1 : calls / (calls - refused);
}

function toFinding({ cause: _, ...finding }: Refusal): Finding {
  return finding;
}

/** Starts the server refused, by the limit it named. */
function refusals(holds: readonly HoldEvidence[]): Refusal[] {
  const all = new Set(holds.flatMap(({ ledger }) => Object.keys(ledger.rejected)));
  // Without an answer nobody has refused.
  const causes = [...all].filter((cause) => cause !== UNANSWERED);
  const counted = causes.map((cause) => {
    const hit = holds.filter(({ ledger }) => (ledger.rejected[cause] ?? 0) > 0);
    const refused = hit.reduce((sum, { ledger }) => sum + ledger.rejected[cause]!, 0);
    const scheduled = hit.reduce((sum, { ledger }) => sum + ledger.scheduled, 0);
    const allowed = Math.max(...hit.map(({ acknowledgedPerSecond }) => acknowledgedPerSecond));
    return {
      cause,
      refused,
      evidence: `${refused} of ${scheduled} starts were refused with ${cause}; ${allowed.toFixed(1)}/s were let through`,
      factor: Math.max(
        Math.max(...hit.map(({ targetRate }) => targetRate)) / allowed,
        ...hit.map(callsPerCallLetThrough),
      ),
      hit,
    };
  });
  return counted
    .sort((a, b) => b.refused - a.refused)
    .map(({ cause, evidence, factor, hit }) => {
      const limit = limitOf(cause);
      if (!limit)
        return {
          cause,
          name: `starts refused: ${cause}`,
          confidence: 'high',
          evidence,
          advice: "see the server's log for this code",
        };
      const { name, knob, default: fallback, caveat } = limit;
      return {
        cause,
        name,
        confidence: 'high',
        evidence,
        knob,
        default: fallback,
        advice: limit.advice ?? `raise ${knob} in the server's dynamic configuration${atLeast(factor)}`,
        ...settingFor(limit, hit, factor),
        caveat,
      };
    });
}

/** By how much: what is in force is not known here, but what it let through is. */
function atLeast(factor: number): string {
  return Number.isFinite(factor) && factor > 1.005 ? `, to ${factor.toFixed(1)} times what it is now or more` : '';
}

/** No CPU left on a machine of the generators: whatever else is seen there may come of it. */
export const NO_CPU_LEFT = 0.95;

function starved(holds: readonly HoldEvidence[]): Finding[] {
  const missed = holds.filter(({ verdict, validity }) => verdict && !(verdict.passed && validity?.valid));
  const windows = mergeWindows(missed.flatMap((hold) => hold.windows ?? []));
  if ((windows.machineBusyShare ?? 0) < NO_CPU_LEFT) return [];
  return [
    {
      name: "no CPU left on the generators' machine",
      confidence: 'medium',
      evidence: `its CPUs were ${(windows.machineBusyShare! * 100).toFixed(0)} % busy for ${WINDOW_MS / 1000} s, ${windows.ownCores.toFixed(1)} cores of it a generator`,
      ...NEEDS_CPU,
      caveat: 'where the target runs on the same machine, its CPU is the limit of both',
    },
  ];
}

const NEEDS_CPU = {
  knob: "the CPU of the generators' machine, --lanes",
  advice: 'see what else runs on their machine, give the generators more CPU, or share the load over more of them',
};

/** Starts without an answer, and arrivals that were not sent because too many waited for one. */
function silence(holds: readonly HoldEvidence[]): Finding[] {
  const count = (pick: (ledger: Ledger) => number) => holds.reduce((sum, { ledger }) => sum + pick(ledger), 0);
  const unanswered = count(({ rejected, unknown }) => (rejected[UNANSWERED] ?? 0) + (unknown[UNANSWERED] ?? 0));
  const capped = count(({ skipped }) => skipped['in-flight-cap'] ?? 0);
  if (unanswered + capped === 0) return [];
  return [
    {
      name: 'starts are not answered in time',
      confidence: 'medium',
      evidence: `${unanswered} starts had no answer within their deadline (${UNANSWERED}), ${capped} were not sent because too many were waiting for one`,
      advice: 'look at persistence_latency and at the CPU of frontend and history',
    },
  ];
}

export const OWN_LIMITS: Readonly<Record<string, { readonly knob: string; readonly advice: string }>> = {
  'schedule lag': NEEDS_CPU,
  'generator windows': NEEDS_CPU,
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
