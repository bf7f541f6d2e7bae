import { badConfiguration } from './errors';

type Flags = Readonly<Record<string, unknown>>;

/** The flags that may be repeated. */
const LISTS = new Set([
  'server-metrics',
  'dynamic-config-value',
  'base',
  'new',
  'files',
  'against',
  'slo',
  'label',
  'run',
]);
const POSITIONALS = new Set(['run', 'name', 'what', 'files', 'folder']);

/**
 * Throws a configuration error if a flag is set more than once or is empty. A script that passes an unset variable, such as
 * `--address "$ADDRESS"`, would otherwise run with a default.
 */
export function checkFlags(argv: Flags): void {
  const problems = Object.entries(argv).flatMap(([key, value]) => {
    // yargs adds every flag in camel case, too.
    if (key === '_' || key === '$0' || /[A-Z]/.test(key) || key.length === 1) return [];
    const isPositional = POSITIONALS.has(key) && !(key === 'run' && Array.isArray(value));
    const name = isPositional ? `the argument [${key}]` : `--${key}`;
    if (Array.isArray(value) && !LISTS.has(key)) return [`${name} is set more than once; set it once`];
    const isEmpty = [value].flat().some((one) => typeof one === 'string' && one.trim() === '');
    return isEmpty ? [`${name} is empty; set a value, or remove it`] : [];
  });
  // An alias is reported with the main name.
  const unique = problems.filter((problem) => !problem.startsWith('--workers ') || !problems.some(isAboutLanes));
  if (unique.length > 0) throw badConfiguration(unique.join('\n'));
}

function isAboutLanes(problem: string): boolean {
  return problem.startsWith('--lanes ');
}

/**
 * Throws a configuration error if npm has taken the flags: `npm run bench --rate=5` without `--` passes none of them on,
 * and the default load would run.
 */
export function checkNpmFlags(flags: readonly string[], env: NodeJS.ProcessEnv): void {
  if (env.npm_lifecycle_event !== 'bench') return;
  // npm has an option of its own with this name.
  const taken = flags.filter((flag) => flag !== 'yes' && env[`npm_config_${flag.replaceAll('-', '_')}`] !== undefined);
  if (taken.length === 0) return;
  throw badConfiguration(
    `npm has taken ${taken.map((flag) => `--${flag}`).join(', ')}; write -- before the flags: npm run bench -- --${taken[0]} …`,
  );
}
