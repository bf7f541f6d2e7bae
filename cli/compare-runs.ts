import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fewestIterations } from '../measurement/comparing/judge-metrics';
import { percent } from '../measurement/format/numbers';
import { DECIDING_METRICS, type Comparison } from '../report/compare/compare-results';
import { renderComparison } from '../report/compare/compare-text';
import { calibrationKey, floorsOf, type Calibration } from '../report/compare/noise-floor';
import { EXIT } from '../report/exit-codes';
import type { BenchmarkResult } from '../report/result-schema';
import { compareOrRefuse, limitSettings, toleranceOf, type LimitSettings } from './comparison-options';
import { RESULTS } from './deliver';
import { badConfiguration, CliError } from './errors';
import { requireTargets, runInterleaved, type Interleaved, type PerformRun } from './interleaved';
import { readCalibration, readSides, type InterleavedRuns } from './interleaved-options';
import { storeCalibration } from './noise-floors';
import { createOutFolder } from './out-folder';
import { readSetting } from './settings';
import { defaultWorkflowId, describeCheckedRun } from './start-run';

type Flags = Readonly<Record<string, unknown>>;

/** Runs the two sides of `--run` alternately and compares them. Returns the exit code. */
export async function compareRuns(argv: Flags, perform?: PerformRun): Promise<number> {
  const limits = limitSettings(argv);
  const done = await runAll(argv, readSides(argv), 'compare', perform);
  if (done === undefined) return EXIT.passed;
  const comparison = compareDone(done, limits);
  deliverComparison(comparison, done.dir, argv);
  return comparison.outcome === 'REGRESSION' ? EXIT.regression : EXIT.passed;
}

/** Runs the same load on both sides and stores how much they differ. Returns the exit code. */
export async function calibrate(argv: Flags, perform?: PerformRun): Promise<number> {
  if (argv.noiseFloor !== undefined)
    throw badConfiguration('--noise-floor cannot be used with --calibrate, which measures it');
  const limits: LimitSettings = { tolerance: toleranceOf(argv), noiseFloor: () => null };
  const done = await runAll(argv, readCalibration(argv), 'calibrate', perform);
  if (done === undefined) return EXIT.passed;
  const comparison = compareDone(done, limits);
  const calibration = calibrationOf([...done.base, ...done.new], comparison);
  const file = storeCalibration(calibration);
  deliverComparison(comparison, done.dir, argv);
  const out = argv.output === 'json' ? process.stderr : process.stdout;
  out.write(`${renderCalibration(comparison, file)}\n`);
  return EXIT.passed;
}

interface Done extends Interleaved {
  readonly dir: string;
}

/** Runs everything, or prints the plan of a dry run and returns undefined. */
async function runAll(
  argv: Flags,
  runs: InterleavedRuns,
  prefix: string,
  perform?: PerformRun,
): Promise<Done | undefined> {
  if (argv.dryRun) {
    process.stdout.write(describePlan(runs));
    return undefined;
  }
  const id = readSetting(argv, 'workflow-id', ['BENCHMARK_WORKFLOW_ID'])?.value ?? defaultWorkflowId(prefix);
  const dir = argv.out === undefined ? join(RESULTS, id) : String(argv.out);
  createOutFolder(argv.out === undefined ? 'the default of --out' : '--out', dir);
  const fewest = fewestIterations(DECIDING_METRICS);
  if (runs.count < fewest)
    process.stderr.write(
      `Note: ${runs.count} runs of each side cannot show a difference; set --iterations ${fewest} or more.\n`,
    );
  await requireTargets(runs, Boolean(argv.yes));
  return { ...(await runInterleaved(runs, { dir, id }, Boolean(argv.yes), perform)), dir };
}

function describePlan({ base, new: changed, count }: InterleavedRuns): string {
  const order = `order       base, new, new, base, …: ${count} runs of each side\n`;
  if (base === changed) return `${describeCheckedRun(base)}${order}`;
  return `base\n${describeCheckedRun(base)}\nnew\n${describeCheckedRun(changed)}\n${order}`;
}

/** Compares the results of both sides. Throws if they cannot be compared, for example because all runs of a side are INVALID. */
function compareDone(done: Done, limits: LimitSettings): Comparison {
  try {
    return withRepeated(compareOrRefuse(done.base, done.new, limits), done);
  } catch (err) {
    const isInvalid = [...done.base, ...done.new].some(({ outcomes }) => outcomes.includes('INVALID'));
    const { message } = err as Error;
    throw new CliError(
      `the runs are not compared: ${message}\nTheir results are in ${done.dir}.`,
      isInvalid ? EXIT.invalid : EXIT.error,
    );
  }
}

function withRepeated(comparison: Comparison, { repeated }: Interleaved): Comparison {
  const side = (name: 'base' | 'new') => {
    const runs = repeated[name] === 1 ? 'INVALID run, which was repeated' : 'INVALID runs, which were repeated';
    return {
      ...comparison[name],
      leftOut: [...comparison[name].leftOut, ...(repeated[name] === 0 ? [] : [`${repeated[name]} ${runs}`])],
    };
  };
  return { ...comparison, base: side('base'), new: side('new') };
}

function deliverComparison(comparison: Comparison, dir: string, { output }: Flags): void {
  const file = join(dir, 'comparison.json');
  process.stdout.write(`${output === 'json' ? JSON.stringify(comparison) : renderComparison(comparison)}\n`);
  writeFileSync(file, `${JSON.stringify(comparison, null, 2)}\n`);
  process.stderr.write(`Results: ${dir}\n`);
}

function calibrationOf(results: readonly BenchmarkResult[], comparison: Comparison): Calibration {
  const [key, ...others] = new Set(results.map(calibrationKey));
  if (key === undefined || others.length > 0)
    throw new CliError(
      'the calibration is not stored: its runs do not show one load on one set of machines and one target',
    );
  return {
    schemaVersion: 1,
    createdAt: new Date().toISOString(),
    key,
    runs: results.map(({ runId }) => runId),
    floors: floorsOf(comparison),
  };
}

function renderCalibration({ metrics }: Comparison, file: string): string {
  const lines = metrics
    .filter(({ interval }) => interval !== null)
    .map(({ name, unit, interval }) => {
      const beyond = Math.max(Math.abs(interval!.low), Math.abs(interval!.high));
      return `  ${name.padEnd(33)} ${unit === 'share' ? `${(beyond * 100).toFixed(2)} pp` : percent(beyond)}`;
    });
  return [
    'Noise floor of this load on this machine and target',
    ...lines,
    `Stored in ${file}. compare and --against use it until you remove the file.`,
  ].join('\n');
}
