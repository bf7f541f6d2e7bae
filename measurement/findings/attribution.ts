import { endingFindings, explain, type Endings } from './endings';
import type { Finding } from './finding';
import { total } from '../account/ledger';
import { WINDOW_MS } from '../account/generator-audit';
import { percent, seconds } from '../format/numbers';
import { mergeWindows } from '../judging/generator-windows';
import { LOST_SAMPLES } from '../judging/validity-check';
import type { MeasureName } from '../server/server-measures';
import { BENCHMARK_LIMITS, NEEDS_CPU } from './benchmark-limits';
import type { HoldEvidence } from './hold-evidence';
import { limitOf } from './limits';
import { causeOf } from './service-limits';
import { CONNECTION_LOST, exampleOf, UNANSWERED, unconfirmedStarts } from './unconfirmed-starts';
import { settingFor } from './setting';
import { uncertainClock } from './uncertain-clock';
import { symptomsOf, type Symptoms } from './symptoms';

/**
 * Returns what limited the holds, the most likely cause first. Limits that the server itself named come first, ordered by
 * the number of starts that each one rejected. Competing causes are all listed with their evidence. Without any evidence
 * it returns "not determined" instead of a guess.
 *
 * @param sample how sampled workflows of the holds ended
 */
export function attribute(holds: readonly HoldEvidence[], sample?: SampledEndings): Finding[] {
  const { limits, symptoms, warnings: ofCluster } = clusterFindings(holds);
  const warnings = [...ofCluster, ...uncertainClock(holds)];
  const rejections = rejectionsOf(holds);
  // The metrics of the service that rejected a call name the cause more precisely than the error that the caller got.
  const inside = limits
    .filter(({ knob }) => !rejections.some((other) => other.knob === knob))
    .map((limit) => withCallerEvidence(limit, rejections));
  const outside = rejections.filter(({ cause }) => !inside.some((limit) => isCauseOf(limit, cause)));
  const known = outside.filter(({ cause }) => limitOf(cause) !== undefined);
  const unknown = outside.filter((one) => !known.includes(one));
  const ownFindings = benchmarkFindings(holds);
  // A slow target can cause lost samples too, so this finding ranks below the measured symptoms.
  const ownLimits = ownFindings.filter(({ name }) => !name.endsWith(LOST_SAMPLES));
  const measured = symptoms.filter(({ confidence }) => confidence !== 'low');
  const hints = symptoms.filter((one) => !measured.includes(one));
  const missed = holds.some(({ verdict }) => verdict !== undefined && !verdict.passed);
  const endings = missed
    ? [...endingFindings(sample?.endings ?? {}, sample?.sampled ?? 0), ...failedMessages(holds)].filter(
        ({ name, knob }) => knob === undefined || !rejections.some((other) => other.name === name),
      )
    : [];
  const explained = endings.filter(({ confidence }) => confidence === 'high');
  const found = [
    ...inside,
    ...explained,
    ...known.map(toFinding),
    ...exhaustedCpu(holds),
    ...unknown.filter((one) => !isOverwhelmed(one)).map(toFinding),
    ...ownLimits,
    ...measured,
    ...unknown.filter(isOverwhelmed).map(toFinding),
    ...endings.filter((one) => !explained.includes(one)),
    ...ownFindings.filter((one) => !ownLimits.includes(one)),
    ...unconfirmedStarts(holds),
    ...hints,
  ];
  if (found.length > 0) return [...found, ...warnings];
  const judged = holds.filter(({ verdict }) => verdict !== undefined);
  if (judged.length === 0) return [...warnings];
  return [judged.every(({ verdict }) => verdict!.passed) ? noLimit(judged) : notDetermined(judged), ...warnings];
}

/** A server that cannot work answers UNAVAILABLE, and does not say why. What it measured does. */
function isOverwhelmed({ cause }: { readonly cause: string }): boolean {
  return cause === 'UNAVAILABLE';
}

/** Returns a finding for each cause of signals, updates and queries that failed. */
function failedMessages(holds: readonly HoldEvidence[]): Finding[] {
  const all = holds.flatMap(({ ledger }) => Object.entries(ledger.examples ?? {}));
  const failed = all.filter(([cause]) => cause.startsWith('message: '));
  const first = failed.filter(([cause], i) => failed.findIndex(([other]) => other === cause) === i);
  return first.map(([entry, message]) => {
    const cause = entry.slice('message: '.length);
    const evidence = `messages to workflows failed with ${cause} (first: ${JSON.stringify(message)})`;
    const limit = limitOf(cause);
    if (!limit) return explain(evidence);
    const { name, knob, default: fallback, caveat } = limit;
    const advice = limit.advice ?? `raise ${knob} in the server's dynamic configuration`;
    return { name, confidence: 'high', evidence, knob, default: fallback, advice, ...(caveat ? { caveat } : {}) };
  });
}

/** The workflows of the holds that were looked up, and the endings of those that did not complete. */
export interface SampledEndings {
  readonly sampled: number;
  readonly endings?: Endings;
}

/** Returns the findings from the cluster's statistics and metrics; of findings with the same name, the first one. */
function clusterFindings(holds: readonly HoldEvidence[]): Symptoms {
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

/** Returns whether a limit of a service within the cluster explains starts that were rejected with this cause. */
function isCauseOf({ knob }: Finding, cause: string): boolean {
  const inside = knob === undefined ? undefined : causeOf(knob);
  return inside !== undefined && cause.startsWith(`RESOURCE_EXHAUSTED/${inside}`);
}

/** Adds the rejected starts that a limit of a service explains to its evidence. */
function withCallerEvidence(limit: Finding, rejections: readonly Rejection[]): Finding {
  const same = rejections.filter(({ cause }) => isCauseOf(limit, cause));
  return same.length === 0
    ? limit
    : { ...limit, evidence: [limit.evidence, ...same.map(({ evidence }) => evidence)].join('; ') };
}

interface Rejection extends Finding {
  /** The cause in the ledger. */
  readonly cause: string;
}

/**
 * Returns the ratio of all calls to accepted calls at the frontend, by its own metrics; 1 if they do not report it. A rate
 * limit counts all API calls, not only starts.
 */
function callsPerAcceptedCall({ target }: HoldEvidence): number {
  const readings = target?.server.readings ?? [];
  const sum = (name: MeasureName, labels: RegExp) =>
    readings.reduce((all, one) => all + (one.name === name && labels.test(one.labels) ? (one.count ?? 0) : 0), 0);
  const calls = sum('requests', /^frontend #/);
  const rejected = sum('requests rejected', /^rps_?limit\/namespace\/frontend$/i);
  return rejected === 0 || calls <= rejected ? 1 : calls / (calls - rejected);
}

function toFinding({ cause: _, ...finding }: Rejection): Finding {
  return finding;
}

/** Returns the starts that the server rejected, by the limit that it named, the most frequent first. */
function rejectionsOf(holds: readonly HoldEvidence[]): Rejection[] {
  const all = new Set(holds.flatMap(({ ledger }) => Object.keys(ledger.rejected)));
  // The server did not reject a start that got no response, or that failed with its connection.
  const causes = [...all].filter((cause) => cause !== UNANSWERED && cause !== CONNECTION_LOST);
  const counted = causes.map((cause) => {
    const hit = holds.filter(({ ledger }) => (ledger.rejected[cause] ?? 0) > 0);
    const rejected = hit.reduce((sum, { ledger }) => sum + ledger.rejected[cause]!, 0);
    const scheduled = hit.reduce((sum, { ledger }) => sum + ledger.scheduled, 0);
    const accepted = Math.max(...hit.map(({ acknowledgedPerSecond }) => acknowledgedPerSecond));
    return {
      cause,
      rejected,
      evidence: `${rejected} of ${scheduled} starts were rejected with ${cause}${exampleOf(hit, cause)}; ${accepted.toFixed(1)} starts/s were accepted`,
      factor: Math.max(
        Math.max(...hit.map(({ targetRate }) => targetRate)) / accepted,
        ...hit.map(callsPerAcceptedCall),
      ),
      hit,
    };
  });
  return counted
    .sort((a, b) => b.rejected - a.rejected)
    .map(({ cause, evidence, factor, hit }) => {
      const limit = limitOf(cause);
      if (!limit)
        return {
          cause,
          name: `starts rejected: ${cause}`,
          confidence: 'high',
          evidence,
          advice: "check the server's log for this code",
        };
      const { name, knob, default: fallback, caveat } = limit;
      return {
        cause,
        name,
        confidence: 'high',
        evidence,
        knob,
        default: fallback,
        advice: limit.advice ?? `raise ${knob} in the server's dynamic configuration${byAtLeast(factor)}`,
        ...settingFor(limit, hit, factor),
        caveat,
      };
    });
}

/** Describes the required increase relative to the current value, which is not known here. */
function byAtLeast(factor: number): string {
  return Number.isFinite(factor) && factor > 1.005 ? ` to at least ${factor.toFixed(1)} times its current value` : '';
}

/** From this share on, a machine of the generators has no CPU left, which can cause every other symptom. */
export const NO_CPU_LEFT = 0.95;

function exhaustedCpu(holds: readonly HoldEvidence[]): Finding[] {
  const missed = holds.filter(({ verdict, validity }) => verdict && !(verdict.passed && validity?.valid));
  const windows = mergeWindows(missed.flatMap((hold) => hold.windows ?? []));
  if ((windows.machineBusyShare ?? 0) < NO_CPU_LEFT) return [];
  return [
    {
      name: "no CPU left on the generators' machine",
      confidence: 'medium',
      evidence: `machine CPU ${percent(windows.machineBusyShare!, 0)} busy for ${seconds(WINDOW_MS, 0)}; each generator used ${windows.ownCores.toFixed(1)} cores`,
      ...NEEDS_CPU,
      caveat: 'if the target runs on the same machine, its CPU limits both',
    },
  ];
}

/** Returns a finding for each failed validity check: an invalid hold describes the benchmark, not the server. */
function benchmarkFindings(holds: readonly HoldEvidence[]): Finding[] {
  const failed = holds.flatMap(({ validity }) => validity?.checks.filter((check) => !check.ok) ?? []);
  const first = failed.filter((check, i) => failed.findIndex(({ name }) => name === check.name) === i);
  return first.map(({ name, detail }) => ({
    name: `limited by the benchmark itself: ${name}`,
    confidence: 'high',
    evidence: detail,
    ...(BENCHMARK_LIMITS[name] ?? { advice: 'run the benchmark again' }),
  }));
}

function noLimit(holds: readonly HoldEvidence[]): Finding {
  const highest = Math.max(...holds.map(({ targetRate }) => targetRate));
  return {
    name: 'no limit reached',
    confidence: 'high',
    evidence: `${highest} workflows/s met every threshold`,
    advice: `try a higher rate: --rate ${Math.ceil(highest * 1.5)}`,
  };
}

function notDetermined(holds: readonly HoldEvidence[]): Finding {
  const reasons = holds.flatMap(({ verdict }) => verdict!.failureReasons);
  const skipped = holds.reduce((sum, { ledger }) => sum + total(ledger.skipped), 0);
  return {
    name: 'not determined',
    confidence: 'low',
    evidence: [...reasons, ...(skipped > 0 ? [`${skipped} arrivals were skipped`] : [])].join('; '),
    advice:
      'the server rejected no start and the generators kept up: compare the CPU and the persistence latency of the server with a run at a lower rate',
  };
}
