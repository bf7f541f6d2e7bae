import { z } from 'zod';

// The part of the schema of a result that a capacity search adds.

const rate = z.number().describe('Workflow starts per second');

const interval = z.strictObject({ low: rate, high: rate });

const goal = z.strictObject({
  name: z.string().describe('The limit as it was given, e.g. `p99=500ms`'),
  maxP99LatencyMs: z.number().describe('The limit of the p99 latency, with what the workload itself waits'),
  end: z
    .enum([
      'found',
      'generator-limited',
      'max-rate-reached',
      'below-lowest-rate',
      'out-of-time',
      'aborted',
      'incomplete',
    ])
    .describe('How the search for this limit ended; it is decided only if it is `found`'),
  holds: rate
    .nullable()
    .describe('Highest rate that holds, with no rate below it that does not; null if there is none'),
  failsAt: rate.nullable().describe('Lowest rate that does not hold; null if there is none'),
  reasons: z.array(z.string()).describe('Why that rate does not hold'),
  confirmed: z.boolean().describe('Whether repeated trials decided `holds`'),
  interval: interval
    .nullable()
    .describe(
      'Statistical interval (95 %) of the capacity, from a logistic regression over at least 8 trials; or null',
    ),
});

const trial = z.strictObject({
  number: z.int().describe('Starts at 1'),
  step: z.string().describe('The name of its hold in `steps`'),
  phase: z.enum(['probe', 'bisect', 'confirm', 'repeat']),
  rate,
  seconds: z.number().describe('Length of the hold'),
  outcome: z
    .enum(['good', 'bad', 'mixed', 'INVALID', 'repeated'])
    .describe('`mixed` is good for some limits only; `repeated` lost a generator'),
  goodFor: z.array(z.string()).describe('The limits that it met'),
  reasons: z.array(z.string()),
  p99Ms: z.number(),
  completedPerSecond: z.number(),
});

/** The section `capacity` of a result: the highest rate for each limit, with the trials that prove it. */
export const capacity = z
  .strictObject({
    sentence: z.string().describe('The result in one sentence'),
    goals: z.array(goal),
    trials: z.array(trial),
    precision: z.number().describe('Requested width of the bracket, as a share of its lower end'),
    fromRate: rate,
    maxRate: rate,
    labels: z.record(z.string(), z.string()),
    drift: z
      .strictObject({ rate, first: z.string(), again: z.string(), changed: z.boolean() })
      .nullable()
      .describe('The first and the last trial of the rate that holds; null if there was only one'),
    mixedRates: z.array(rate).describe('Rates that were bad, although a trial of this or a higher rate was good'),
    next: z.strictObject({ advice: z.string(), command: z.string() }).describe('What to try next'),
  })
  .describe('Only of a capacity search');

export type CapacityResult = z.output<typeof capacity>;
export type GoalResult = CapacityResult['goals'][number];
