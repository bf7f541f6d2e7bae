import yargs from 'yargs';
import * as abort from '../../cli/commands/abort';
import * as compare from '../../cli/commands/compare';
import * as report from '../../cli/commands/report';
import * as cleanup from '../../cli/commands/cleanup';
import * as doctor from '../../cli/commands/doctor';
import * as history from '../../cli/commands/history';
import * as host from '../../cli/commands/host';
import * as list from '../../cli/commands/list';
import * as run from '../../cli/commands/run';
import * as server from '../../cli/commands/server';
import * as show from '../../cli/commands/show';
import * as start from '../../cli/commands/start';
import * as watch from '../../cli/commands/watch';
import * as web from '../../cli/commands/web';
import * as worker from '../../cli/commands/worker';
import { refuseWithoutControl, refuseWithoutEffect, type Mode } from '../../cli/effects';
import { searchFieldNames } from '../../spec/search-fields';
import { fieldNames, flagOf } from '../../spec/table';

const MODES = {
  embedded: {},
  target: { hasTarget: true },
  targetProfile: { hasTarget: true, hasTargetProfile: true },
  control: { hasControl: true },
  both: { hasTarget: true, hasControl: true },
  ownRoles: { hasTarget: true, runsRoles: true },
  ownRolesOnControl: { hasTarget: true, hasControl: true, runsRoles: true },
  dryRun: { hasTarget: true, isDryRun: true },
} as const;
type ModeName = keyof typeof MODES;

const ALL = Object.keys(MODES) as ModeName[];
const except = (...names: ModeName[]) => ALL.filter((name) => !names.includes(name));

const withTarget = except('embedded', 'control', 'targetProfile');
const withControl = ['control', 'both', 'ownRolesOnControl'] as const;
const withNamedControl = [...withControl, 'ownRoles'] as const;
const withLocalRoles = except('control', 'both');
const tls = ['tls', 'tls-cert-path', 'tls-key-path', 'tls-ca-path', 'tls-server-name'];

/** In which modes each flag of `benchmark run` has an effect, written down independently of the implementation. */
const EFFECTIVE: Readonly<Record<string, readonly ModeName[]>> = {
  ...Object.fromEntries(fieldNames.map((name) => [flagOf(name), ALL])),
  spec: ALL,
  'workflow-id': ALL,
  'connect-timeout': ALL,
  'dry-run': ALL,
  // They only answer a question, or say where the result goes.
  yes: ALL,
  out: ALL,
  output: ALL,
  verbose: ALL,
  against: ALL,
  tolerance: ALL,
  'noise-floor': ALL,
  'web-address': ALL,
  'web-remote': ALL,
  web: except('dryRun'),
  // These two define the mode.
  'with-worker': ALL,
  'control-address': ALL,
  'control-profile': ALL,
  ...Object.fromEntries(['address', 'profile', 'api-key', ...tls].map((flag) => [flag, withTarget])),
  'config-file': except('embedded', 'control'),
  ...Object.fromEntries(['api-key', 'config-file', ...tls].map((flag) => [`control-${flag}`, withControl])),
  'control-namespace': withNamedControl,
  attach: withNamedControl,
  'db-filename': ['embedded'],
  'dynamic-config-value': ['embedded'],
  'server-metrics': except('embedded', 'control', 'both'),
  'dsql-cluster': except('embedded', 'control', 'both'),
  'aws-region': except('embedded', 'control', 'both'),
  'metrics-address': withLocalRoles,
  'metrics-linger': withLocalRoles,
  measured: ['dryRun'],
};

function flagsOf({ builder }: { builder: (yargs: never) => unknown }): string[] {
  const built = builder(yargs([]) as never) as { getOptions(): { key: Record<string, unknown> } };
  return Object.keys(built.getOptions().key).filter(
    (flag) => flag.length > 1 && !/[A-Z]/.test(flag) && !['help', 'version', 'workers'].includes(flag),
  );
}

function refusal(mode: ModeName, argv: object, env: Record<string, string> = {}): string {
  const none: Mode = {
    hasTarget: false,
    hasControl: false,
    runsRoles: false,
    isDryRun: false,
    hasTargetProfile: false,
  };
  try {
    refuseWithoutEffect({ ...none, ...MODES[mode] }, argv as Record<string, unknown>, env);
    return '';
  } catch (err) {
    expect(err).toMatchObject({ exitCode: 104 });
    return (err as Error).message;
  }
}

test('the table lists every flag of run and start, except those of a search', () => {
  expect(Object.keys(EFFECTIVE).sort()).toEqual(flagsOf(run).sort());
  // The flags of a search have an effect in each mode of `start capacity`, and `start` without it refuses them.
  const ofSearch = searchFieldNames.map(flagOf);
  const ofRun = flagsOf(start).filter((flag) => flag !== 'what' && !ofSearch.includes(flag));
  expect(Object.keys(EFFECTIVE)).toEqual(expect.arrayContaining(ofRun));
});

describe.each(ALL)('in the mode %s', (mode) => {
  test.each(Object.entries(EFFECTIVE))('--%s has an effect or is refused with what it needs', (flag, modes) => {
    const message = refusal(mode, { [flag]: 'x' });
    if (modes.includes(mode)) expect(message).toBe('');
    else expect(message).toMatch(new RegExp(`^--${flag} (requires|cannot be used with|has no effect with) .+`));
  });
});

/** The variables that apply to one mode only. The others describe a machine, or a target. */
test.each<[string, readonly ModeName[]]>([
  ['BENCHMARK_SERVER_METRICS', except('embedded', 'control', 'both')],
  ['BENCHMARK_SERVER_PROMETHEUS', except('embedded', 'control', 'both')],
  ['BENCHMARK_ATTACH', withNamedControl],
  ['BENCHMARK_CONTROL_NAMESPACE', withNamedControl],
  ['BENCHMARK_CONTROL_API_KEY', withControl],
  ['BENCHMARK_CONTROL_TLS', withControl],
  ['BENCHMARK_CONTROL_TLS_CLIENT_KEY_DATA', withControl],
  ['TEMPORAL_API_KEY', ALL],
  ['TEMPORAL_TLS', ALL],
  ['TEMPORAL_NAMESPACE', ALL],
  ['BENCHMARK_METRICS_ADDRESS', ALL],
  ['BENCHMARK_ROLES', ALL],
])('%s has an effect or is refused', (variable, modes) => {
  const accepted = ALL.filter((mode) => refusal(mode, {}, { [variable]: 'true' }) === '');
  expect(accepted.sort()).toEqual([...modes].sort());
  for (const mode of ALL) expect(refusal(mode, {}, { [variable]: '' })).toBe('');
});

test('every flag and variable without an effect is named at once', () => {
  expect(refusal('control', { measured: 'f', 'db-filename': 'd', tls: true }, { BENCHMARK_SERVER_METRICS: 'u' })).toBe(
    [
      '--tls requires --address or --profile: the target that it applies to',
      '--db-filename requires an embedded target; it cannot be used with --address, --profile, --target-profile or --control-address',
      '--measured requires --dry-run',
      'BENCHMARK_SERVER_METRICS has no effect with --control-address: set it on benchmark worker',
    ].join('\n'),
  );
});

const TARGET = ['address', 'profile', 'config-file', 'api-key', ...tls];
const CONTROL = [...TARGET.map((flag) => `control-${flag}`), 'control-namespace'];

/** What `compare --run` shares with `run`. */
const OF_STARTS = flagsOf(start).filter((flag) => flag !== 'what' && !searchFieldNames.map(flagOf).includes(flag));

/** The commands other than run and start accept only flags that they use; yargs refuses the rest. */
test.each<[string, object, readonly string[]]>([
  ['list', list, [...CONTROL, 'connect-timeout', 'output']],
  ['show', show, [...CONTROL, 'connect-timeout', 'run', 'output', 'verbose']],
  [
    'compare',
    compare,
    ['files', 'base', 'new', 'run', 'calibrate', ...OF_STARTS, 'tolerance', 'noise-floor', 'out', 'output'],
  ],
  ['report', report, ['files', 'output']],
  ['history', history, [...CONTROL, 'connect-timeout', 'folder', 'tolerance', 'noise-floor', 'output']],
  ['abort', abort, [...CONTROL, 'connect-timeout', 'run', 'reason']],
  [
    'watch',
    watch,
    [
      ...[...TARGET, ...CONTROL, 'connect-timeout', 'run', 'out', 'output', 'verbose', 'metrics-linger'],
      ...['web', 'web-address', 'web-remote'],
    ],
  ],
  ['web', web, [...CONTROL, 'connect-timeout', 'run', 'web-address', 'web-remote']],
  ['doctor', doctor, [...TARGET, ...CONTROL, 'connect-timeout']],
  ['cleanup', cleanup, [...TARGET, 'connect-timeout', 'name', 'namespace', 'all', 'yes']],
  ['host', host, [...TARGET, 'connect-timeout', 'namespace', 'task-queue', 'host-slots', 'host-pollers']],
  ['server', server, ['port', 'ui-port', 'metrics-port', 'db-filename', 'dynamic-config-value']],
  [
    'worker',
    worker,
    [
      ...[...TARGET, ...CONTROL, 'connect-timeout', 'server-metrics', 'dsql-cluster', 'aws-region'],
      ...['metrics-address', 'roles', 'generators'],
    ],
  ],
])('benchmark %s accepts only flags that it uses', (_name, command, flags) => {
  expect(flagsOf(command as typeof run).sort()).toEqual([...flags].sort());
});

test.each([
  ['generators', ['host', 'control'], 'generator'],
  ['server-metrics', ['generator', 'host'], 'control'],
  ['dsql-cluster', ['generator', 'host'], 'control'],
  ['aws-region', ['generator', 'host'], 'control'],
])('benchmark worker refuses --%s with the roles %j', (flag, roles, role) => {
  expect(() => worker.refuseWithoutRole({ [flag]: 'x' }, roles)).toThrow(`--${flag} requires the role ${role}`);
  expect(() => worker.refuseWithoutRole({ [flag]: 'x' }, [...roles, role])).not.toThrow();
});

test.each(['control-tls', 'control-namespace', 'control-api-key'])('--%s requires a control server', (flag) => {
  expect(() => refuseWithoutControl(false, { [flag]: 'x' }, {})).toThrow(`--${flag} requires --control-address`);
  expect(() => refuseWithoutControl(true, { [flag]: 'x' }, {})).not.toThrow();
  expect(() => refuseWithoutControl(true, { 'metrics-linger': '1s' }, {})).toThrow('--metrics-linger has no effect');
  expect(() => refuseWithoutControl(false, {}, { BENCHMARK_CONTROL_TLS: 'true' })).toThrow('BENCHMARK_CONTROL_TLS ');
  expect(() => refuseWithoutControl(false, {}, { BENCHMARK_SERVER_METRICS: 'u', BENCHMARK_ATTACH: '1' })).not.toThrow();
});
