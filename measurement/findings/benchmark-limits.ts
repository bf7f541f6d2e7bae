export interface BenchmarkLimit {
  readonly knob: string;
  readonly advice: string;
}

export const NEEDS_CPU: BenchmarkLimit = {
  knob: "the CPU of the generators' machine, --lanes",
  advice:
    'check what else runs on the machine, give the generators more CPU, or distribute the load over more generators',
};

/** Limits of the benchmark's own processes, by the name of the validity check that detects them. */
export const BENCHMARK_LIMITS: Readonly<Record<string, BenchmarkLimit>> = {
  'schedule lag': NEEDS_CPU,
  'generator windows': NEEDS_CPU,
  'generator event loop': { knob: '--lanes', advice: 'distribute the load over more generator processes' },
  'generator CPU throttling': {
    knob: 'the CPU limit of the container',
    advice: 'raise the CPU limit of the generators',
  },
  'host event loop': { knob: '--hosts', advice: 'run the load workflows on more hosts' },
  'host availability': {
    knob: 'the memory and the CPU of the host',
    advice: 'check the log of the host role for the reason; meanwhile this host executed no load workflows',
  },
  'host task slots': { knob: '--host-slots', advice: 'give the hosts more slots, or run more hosts' },
};
