import { driftOf } from '../../measurement/judging/drift';
import { uniform } from '../../measurement/load/random';
import { goalState, nextTrial, type SearchPlan } from '../../measurement/capacity/search';
import type { Trial } from '../../measurement/capacity/evidence';

/** A cluster with a known capacity: a D/E_k/c queue, with what real clusters add to it. */
export interface Cluster {
  readonly seed: number;
  readonly servers: number;
  /** Service times are Erlang-k: the sum of k exponential stages. */
  readonly stages: number;
  /** Completions per second of all servers together. */
  readonly capacity: number;
  /** Starts per second beyond which starts are refused; Infinity without a limit. */
  readonly rateLimit: number;
  /** Load beyond which the cluster collapses to a tenth of its capacity; Infinity without a cliff. */
  readonly cliff: number;
  /** Standard deviation of the capacity from trial to trial, as a share of it. */
  readonly noise: number;
  /** Probability that a trial contains a stall of five seconds. */
  readonly stalls: number;
  /** Seconds from the first trial until the cluster has its full capacity; it begins with 80 % of it. */
  readonly warmUpSeconds: number;
}

/** Starts per second above which a trial is INVALID: what one generator holds. */
export const GENERATOR_LIMIT = 3000;
const SETTLE_S = 5;
const RECOVER_S = 5;

/**
 * 99th percentile of the time in a queue of c servers with evenly spaced arrivals and Erlang-k service, seconds; Infinity
 * if it is unstable. In heavy traffic the wait has an exponential tail of rate θ = 2 (1 − ρ) · capacity / c_s², where
 * c_s² = 1/k is the squared coefficient of variation of the service (Kingman, Köllerström).
 */
export function p99Seconds(rate: number, { capacity, servers, stages }: Cluster): number {
  if (rate >= capacity) return Infinity;
  const load = rate / capacity;
  const theta = 2 * (1 - load) * capacity * stages;
  const wait = Math.max(0, Math.log((100 * load ** Math.sqrt(2 * (servers + 1))) / 1)) / theta;
  const service = servers / capacity;
  return wait > 0 ? wait + service : service * (1 + 3.6 / stages ** 0.75);
}

/** Highest rate at which the steady state meets the goal. */
export function trueCapacity(cluster: Cluster, maxP99Ms: number): number {
  const { capacity, rateLimit, cliff } = cluster;
  let [low, high] = [0, capacity];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (p99Seconds(middle, cluster) * 1000 <= maxP99Ms) low = middle;
    else high = middle;
  }
  // At most 1 % of the starts may be refused.
  return Math.min(low, rateLimit / 0.99, cliff);
}

/** Plays one trial, arrival by arrival. */
export function playTrial(cluster: Cluster, plan: SearchPlan, rate: number, hold: number, number: number, at: number) {
  const { seed, servers, stages, noise, stalls, rateLimit, cliff, warmUpSeconds } = cluster;
  let draws = 0;
  const next = () => uniform(seed, number, (draws += 1));
  const normal = Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  const warm = at < warmUpSeconds ? 0.8 + (0.2 * at) / warmUpSeconds : 1;
  const capacity = cluster.capacity * (1 + noise * normal) * warm * (rate > cliff ? 0.1 : 1);
  const stallAt = next() < stalls ? SETTLE_S + next() * hold : Infinity;
  const end = SETTLE_S + hold;
  const free = new Float64Array(servers);
  const started = new Array<number>(Math.ceil(end)).fill(0);
  const ended = new Array<number>(Math.ceil(end)).fill(0);
  const latencies: number[] = [];
  let refused = 0;
  let scheduled = 0;
  let tokens = rateLimit;
  for (let i = 0; i / rate < end; i += 1) {
    const due = i / rate;
    const measured = due >= SETTLE_S;
    scheduled += measured ? 1 : 0;
    tokens = Math.min(rateLimit, tokens + rateLimit / rate);
    if (tokens < 1) {
      refused += measured ? 1 : 0;
      continue;
    }
    tokens -= 1;
    let first = 0;
    for (let s = 1; s < servers; s += 1) if (free[s]! < free[first]!) first = s;
    let begin = Math.max(due, free[first]!);
    if (begin >= stallAt && begin < stallAt + 5) begin = stallAt + 5;
    let product = 1;
    for (let stage = 0; stage < stages; stage += 1) product *= next();
    const done = begin - (servers / capacity / stages) * Math.log(product);
    free[first] = done;
    started[Math.floor(due)]! += 1;
    if (done < end) ended[Math.floor(done)]! += 1;
    if (measured) latencies.push(done - due);
  }
  latencies.sort((a, b) => a - b);
  const p99Ms = 1000 * (latencies[Math.ceil(0.99 * latencies.length) - 1] ?? Infinity);
  const flows = started.slice(SETTLE_S).map((count, i) => ({ started: count, ended: ended[SETTLE_S + i]! }));
  const drift = driftOf(flows, 1000, rate);
  const completed = flows.reduce((sum, flow) => sum + flow.ended, 0);
  const common = [
    ...(drift && !drift.likelySustainable ? ['open workflows grew'] : []),
    ...(refused > 0.01 * scheduled ? ['RPS_LIMIT'] : []),
    ...(completed < 0.98 * scheduled && refused === 0 ? ['completed less than 98 %'] : []),
  ];
  const reasons = plan.goals.map(({ maxP99Ms }) => [...common, ...(p99Ms > maxP99Ms ? ['p99'] : [])]);
  const invalid = rate > GENERATOR_LIMIT ? 'generator' : undefined;
  const completedPerSecond = completed / hold;
  return { trial: { rate, seconds: hold, reasons, invalid, completedPerSecond } satisfies Trial, p99Ms };
}

/** One whole search; a trial costs its hold, the time to settle and the time to recover. */
export function search(cluster: Cluster, plan: SearchPlan) {
  const trials: Trial[] = [];
  let seconds = 0;
  let lastGoodP99Ms = 0;
  for (;;) {
    const next = nextTrial(plan, trials, lastGoodP99Ms);
    if (next === undefined || trials.length > 60) break;
    const { trial, p99Ms } = playTrial(cluster, plan, next.rate, next.holdSeconds, trials.length, seconds);
    trials.push(trial);
    if (trial.reasons[next.goalIndex]!.length === 0) lastGoodP99Ms = Math.max(lastGoodP99Ms, p99Ms);
    seconds += next.holdSeconds + SETTLE_S + RECOVER_S;
  }
  return { trials, seconds, states: plan.goals.map((_, i) => goalState(plan, trials, i)) };
}

/** A cluster drawn at random: capacities from 20/s to 1,500/s. */
export function drawCluster(seed: number): Cluster {
  const u = (what: number) => uniform(seed, 0xc105, what);
  const capacity = 20 * 75 ** u(1);
  const kind = u(2);
  return {
    seed,
    capacity,
    // A task takes at most a tenth of a second: what a latency goal of a second presumes.
    servers: Math.min([2, 4, 8, 16][Math.floor(u(3) * 4)]!, Math.max(1, Math.floor(capacity / 10))),
    stages: [1, 2, 4][Math.floor(u(8) * 3)]!,
    rateLimit: kind < 0.15 ? capacity * (0.5 + 0.4 * u(4)) : Infinity,
    cliff: kind > 0.85 ? capacity * (0.6 + 0.3 * u(5)) : Infinity,
    noise: 0.01 * u(6),
    stalls: kind > 0.4 && kind < 0.6 ? 0.05 : 0,
    warmUpSeconds: u(7) < 0.3 ? 60 : 0,
  };
}
