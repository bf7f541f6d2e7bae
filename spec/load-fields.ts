import { boolean, choice, duration, integer, number, numberList } from './fields';

/** The highest target rate of a spec, workflow starts per second. */
export const MAX_RATE = 100_000;

/** With more iterations, a result can exceed 256 KB and the state of a run the 512 KB that a payload can hold. */
export const MAX_ITERATIONS = 25;

/** The fields that define when workflows are started. */
export const loadFields = {
  rate: number({
    min: 0,
    exclusiveMin: true,
    max: MAX_RATE,
    unit: 'workflow starts per second',
    help: 'Target rate in workflow starts per second',
    env: ['BENCHMARK_TARGET_RATE'],
    default: 100,
    embeddedDefault: 30,
  }),
  duration: duration({
    min: '1s',
    max: '24h',
    help: 'Duration of the load, including the ramp-up',
    env: ['BENCHMARK_DURATION'],
    default: '5m',
    embeddedDefault: '30s',
  }),
  rampUp: duration({
    min: '0s',
    max: '24h',
    help: 'Time in which the rate rises from 0 to the first target rate; excluded from the statistics. It is part of the duration, or precedes the first hold of a staircase',
    env: ['BENCHMARK_RAMP_UP'],
    defaultNote: '1/6 of the duration or of a hold, at most 30s',
  }),
  stages: numberList({
    min: 0,
    max: MAX_RATE,
    maxItems: 50,
    unit: 'workflow starts per second',
    help: 'Target rates of a staircase: one hold per rate, each with its own verdict; replaces the rate and the duration',
    defaultNote: 'none',
  }),
  hold: duration({ min: '1s', max: '24h', help: 'Duration of each hold of a staircase', default: '1m' }),
  stopOnFail: boolean({
    help: 'End a staircase after the first hold that is invalid or misses a threshold',
    default: false,
  }),
  iterations: integer({
    min: 1,
    max: MAX_ITERATIONS,
    help: 'Repetitions of ramp-up and hold, each with its own verdict; the result has their means with confidence intervals',
    env: ['BENCHMARK_ITERATIONS'],
    default: 1,
  }),
  warmUp: boolean({ help: 'Exclude the first iteration from all statistics and verdicts', default: false }),
  arrivals: choice({
    choices: ['uniform', 'poisson'],
    help: 'Spacing of the starts, even or random like that of independent users',
    default: 'uniform',
  }),
  seed: integer({
    min: 0,
    max: 2 ** 31 - 1,
    help: 'Seed of all random choices: arrivals, payload sizes and the sample of observed completions',
    default: 1,
  }),
} as const;
