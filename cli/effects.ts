import { badConfiguration } from './errors';

/** What a command connects to, as far as it decides which flags have an effect. */
export interface Mode {
  /** Whether the target is the user's, not an embedded one. */
  readonly hasTarget: boolean;
  /** Whether the control server is the user's, not an embedded one. */
  readonly hasControl: boolean;
  /** Whether this process runs roles itself. */
  readonly runsRoles: boolean;
  /** Whether the plan is only printed. */
  readonly isDryRun: boolean;
  /** Whether the target comes from `--target-profile`. */
  readonly hasTargetProfile: boolean;
}

/** Returns why a flag or variable has no effect in a mode; undefined if it has one. */
type Rule = (mode: Mode) => string | undefined;

const unless = (applies: (mode: Mode) => boolean, reason: string): Rule => {
  return (mode) => (applies(mode) ? undefined : reason);
};

const isLocal = ({ hasControl, runsRoles }: Mode) => !hasControl || runsRoles;
const isEmbedded = ({ hasTarget, hasControl }: Mode) => !hasTarget && !hasControl;

const TARGET_CONNECTION: Rule = ({ hasTarget, hasTargetProfile }) => {
  if (hasTargetProfile) return 'cannot be used with --target-profile, which defines the whole connection';
  return hasTarget ? undefined : 'requires --address or --profile: the target that it applies to';
};
const EMBEDDED_TARGET = unless(
  isEmbedded,
  'requires an embedded target; it cannot be used with --address, --profile, --target-profile or --control-address',
);
const CONTROL = unless(({ hasControl }) => hasControl, 'requires --control-address: the control server');
const NAMED_CONTROL = unless(
  ({ hasControl, runsRoles }) => hasControl || runsRoles,
  'requires --control-address or --with-worker: a control server that outlives this run',
);
const PAGE = unless(isLocal, 'has no effect with --control-address: the workers serve /metrics');
const SERVER_METRICS: Rule = (mode) => {
  if (isEmbedded(mode)) return 'requires --address: an embedded target provides its own metrics';
  return isLocal(mode) ? undefined : 'has no effect with --control-address: set it on benchmark worker';
};

/** The flags of `run` and `start` that have no effect in some modes. Every other flag has one in each mode. */
const FLAGS: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    ['address', 'profile', 'api-key', 'tls', 'tls-cert-path', 'tls-key-path', 'tls-ca-path', 'tls-server-name'].map(
      (flag) => [flag, TARGET_CONNECTION],
    ),
  ),
  'config-file': unless(({ hasTarget }) => hasTarget, 'requires --profile or --target-profile: a profile in the file'),
  ...Object.fromEntries(
    ['api-key', 'tls', 'tls-cert-path', 'tls-key-path', 'tls-ca-path', 'tls-server-name', 'config-file'].map((flag) => [
      `control-${flag}`,
      CONTROL,
    ]),
  ),
  'control-namespace': NAMED_CONTROL,
  'db-filename': EMBEDDED_TARGET,
  'dynamic-config-value': EMBEDDED_TARGET,
  'server-metrics': SERVER_METRICS,
  'dsql-cluster': SERVER_METRICS,
  'aws-region': SERVER_METRICS,
  'metrics-address': PAGE,
  'metrics-linger': PAGE,
  attach: NAMED_CONTROL,
  web: unless(({ isDryRun }) => !isDryRun, 'cannot be used with --dry-run, which starts nothing'),
  measured: unless(({ isDryRun }) => isDryRun, 'requires --dry-run'),
};

/**
 * The variables that only apply to one mode. Variables that describe a machine, such as BENCHMARK_ROLES, may be set for
 * commands that do not use them; those of a target (TEMPORAL_…) do not apply to an embedded one.
 */
const VARIABLES: Readonly<Record<string, Rule>> = {
  BENCHMARK_SERVER_METRICS: SERVER_METRICS,
  BENCHMARK_SERVER_PROMETHEUS: SERVER_METRICS,
  BENCHMARK_SERVER_DSQL_CLUSTER: SERVER_METRICS,
  BENCHMARK_ATTACH: NAMED_CONTROL,
  BENCHMARK_CONTROL_NAMESPACE: NAMED_CONTROL,
  ...Object.fromEntries(
    [
      'API_KEY',
      'TLS',
      'TLS_CLIENT_CERT_PATH',
      'TLS_CLIENT_CERT_DATA',
      'TLS_CLIENT_KEY_PATH',
      'TLS_CLIENT_KEY_DATA',
      'TLS_SERVER_CA_CERT_PATH',
      'TLS_SERVER_CA_CERT_DATA',
      'TLS_SERVER_NAME',
      'TLS_DISABLE_HOST_VERIFICATION',
      'CONFIG_FILE',
    ].map((name) => [`BENCHMARK_CONTROL_${name}`, CONTROL]),
  ),
};

type Flags = Readonly<Record<string, unknown>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a configuration error that names every flag and variable that has no effect in the mode. */
export function refuseWithoutEffect(mode: Mode, argv: Flags, env: Environment): void {
  refuse(mode, argv, env, FLAGS, VARIABLES);
}

/** As {@link refuseWithoutEffect}, for a command that finds a run on this machine or on a control server. */
export function refuseWithoutControl(hasControl: boolean, argv: Flags, env: Environment = process.env): void {
  const mode = { hasTarget: true, hasControl, runsRoles: false, isDryRun: false, hasTargetProfile: false };
  const isControl = ([name]: [string, Rule]) => /^(control-|BENCHMARK_CONTROL_|metrics-linger$)/.test(name);
  const only = (rules: typeof FLAGS) => Object.fromEntries(Object.entries(rules).filter(isControl));
  refuse(mode, argv, env, only(FLAGS), only(VARIABLES));
}

function refuse(mode: Mode, argv: Flags, env: Environment, flags: typeof FLAGS, variables: typeof VARIABLES): void {
  const reasons = [
    ...Object.entries(flags)
      .filter(([flag]) => argv[flag] !== undefined && argv[flag] !== false)
      .map(([flag, rule]) => [`--${flag}`, rule(mode)]),
    ...Object.entries(variables)
      .filter(([name]) => env[name] && !/^(0|false)$/.test(env[name]))
      .map(([name, rule]) => [name, rule(mode)]),
  ];
  const refused = reasons.filter(([, reason]) => reason !== undefined);
  if (refused.length > 0) throw badConfiguration(refused.map((one) => one.join(' ')).join('\n'));
}
