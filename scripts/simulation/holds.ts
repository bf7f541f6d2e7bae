import { driftOf, type Flow } from '../../measurement/judging/drift';
import { uniform } from '../../measurement/load/random';

interface Queue {
  readonly rate: number;
  readonly capacity: number;
  readonly seconds: number;
  readonly poisson: boolean;
}

/** Flows per second of an M/M/4 queue (or D/M/4), after ten seconds of settling. */
export function queueFlows(seed: number, { rate, capacity, seconds, poisson }: Queue): Flow[] {
  let draws = 0;
  const exponential = () => -Math.log(uniform(seed, (draws += 1)));
  const servers = 4;
  const free = new Array<number>(servers).fill(0);
  const end = seconds + 10;
  const flows = Array.from({ length: end }, () => ({ started: 0, ended: 0 }));
  for (let due = 0; due < end; due += poisson ? exponential() / rate : 1 / rate) {
    const first = free.indexOf(Math.min(...free));
    free[first] = Math.max(due, free[first]!) + (exponential() * servers) / capacity;
    flows[Math.floor(due)]!.started += 1;
    if (free[first]! < end) flows[Math.floor(free[first]!)]!.ended += 1;
  }
  return flows.slice(10);
}

function share(n: number, found: (seed: number) => boolean): number {
  return Array.from({ length: n }, (_, i) => found(i + 1)).filter(Boolean).length / n;
}

/** Share of healthy Poisson holds, at 30 to 90 % of the capacity, that the drift test calls not sustainable. */
export function falseAlarms(holds: number): number {
  return share(holds, (seed) => {
    const rate = [2, 5, 10, 30, 100][seed % 5]!;
    const load = [0.3, 0.5, 0.7, 0.8, 0.9][Math.floor(seed / 5) % 5]!;
    const seconds = [20, 50, 60, 120][Math.floor(seed / 25) % 4]!;
    return !driftOf(queueFlows(seed, { rate, capacity: rate / load, seconds, poisson: true }), 1000, rate)!.sustainable;
  });
}

/** Share of holds above the capacity that the drift test finds. */
export function detected(holds: number, overload: number, seconds: number): number {
  return share(holds, (seed) => {
    const queue = { rate: 100 * (1 + overload), capacity: 100, seconds, poisson: false };
    return !driftOf(queueFlows(seed, queue), 1000, queue.rate)!.sustainable;
  });
}
