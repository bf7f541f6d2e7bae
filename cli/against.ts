import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { fewestIterations } from '../measurement/comparing/judge-metrics';
import { DECIDING_METRICS } from '../report/compare/compare-results';
import { renderComparison } from '../report/compare/compare-text';
import { subjectDifferences } from '../report/compare/differences';
import { EXIT, withRegression } from '../report/exit-codes';
import type { BenchmarkResult } from '../report/result-schema';
import type { BenchmarkSpec } from '../spec/parse';
import { compareOrRefuse, limitSettings, withLimitOptions, type LimitSettings } from './comparison-options';
import { resultFolder, type ResultOptions } from './deliver';
import { badConfiguration } from './errors';
import { readResult } from './read-result';

type Flags = Readonly<Record<string, unknown>>;

const GROUP = 'Comparison:';

export function withAgainstOptions<T>(yargs: Argv<T>): Argv<T> {
  return withLimitOptions(
    yargs.option('against', {
      type: 'string',
      array: true,
      requiresArg: true,
      group: GROUP,
      describe:
        'result.json of an earlier run with the same load; the result is compared with it, and the exit code is 98 for a regression (default: none)',
    }),
    GROUP,
  );
}

/** The results that a run is compared with. */
export class Against {
  private constructor(
    private readonly base: readonly BenchmarkResult[],
    private readonly limits: LimitSettings,
  ) {}

  /** Reads the results of `--against`, if it is set. Throws a configuration error if they cannot be compared with a run. */
  static read(argv: Flags): Against | undefined {
    const files = (argv.against as string[] | undefined) ?? [];
    if (files.length === 0) {
      for (const flag of ['tolerance', 'noise-floor'])
        if (argv[flag] !== undefined) throw badConfiguration(`--${flag} requires --against: the base`);
      return undefined;
    }
    const base = files.map((file) => readResult('--against', file));
    const limits = limitSettings(argv);
    compareOrRefuse(base, base, limits);
    return new Against(base, limits);
  }

  /** Throws a configuration error if a run of this spec measures something else. Warns if it has too few iterations. */
  check(spec: BenchmarkSpec): void {
    const [{ runId, config }] = this.base as [BenchmarkResult];
    const differences = subjectDifferences({ name: runId, config }, { name: 'this run', config: { ...spec } });
    if (differences.length > 0) throw badConfiguration(`--against: ${differences.join('; ')}; expected the same load`);
    const fewest = fewestIterations(DECIDING_METRICS);
    const iterations = spec.iterations - (spec.warmUp ? 1 : 0);
    if (spec.stages !== undefined || iterations >= fewest) return;
    process.stderr.write(
      `Note: ${iterations} ${iterations === 1 ? 'iteration cannot' : 'iterations cannot'} show a regression; set --iterations ${fewest + (spec.warmUp ? 1 : 0)} or more.\n`,
    );
  }

  /**
   * Compares the result of the run, prints the comparison, and writes comparison.json beside result.json.
   *
   * @param exitCode the exit code of the run
   * @returns the exit code with the comparison
   */
  compare(result: BenchmarkResult, exitCode: number, options: ResultOptions): number {
    try {
      const comparison = compareOrRefuse(this.base, [result], this.limits);
      // With a result as JSON on stdout, the comparison goes to stderr.
      const out = options.output === 'json' ? process.stderr : process.stdout;
      out.write(`${renderComparison(comparison)}\n`);
      writeFileSync(join(resultFolder(result, options), 'comparison.json'), `${JSON.stringify(comparison, null, 2)}\n`);
      return comparison.outcome === 'REGRESSION' ? withRegression(exitCode) : exitCode;
    } catch (err) {
      process.stderr.write(`The result is not compared: ${(err as Error).message}\n`);
      return exitCode === EXIT.passed ? EXIT.error : exitCode;
    }
  }
}
