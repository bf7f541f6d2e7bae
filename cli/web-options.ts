import type { Argv } from 'yargs';
import { badConfiguration } from './errors';
import { invalidSetting } from './settings';

/** Where the live page is served. */
export interface WebAddress {
  readonly host: string;
  /** 0 for a free port. */
  readonly port: number;
  /** Whether other machines may connect. */
  readonly isRemote: boolean;
}

const DEFAULT = '127.0.0.1:0';

type Flags = Readonly<Record<string, unknown>>;

/** Adds `--web` and its options. */
export function withWebOptions<T>(yargs: Argv<T>): Argv<T> {
  return withWebAddress(
    yargs.option('web', {
      type: 'boolean',
      group: 'Output:',
      describe: 'Serve a live page of the run on this machine until the run ends (default: false)',
    }),
  );
}

export function withWebAddress<T>(yargs: Argv<T>): Argv<T> {
  return yargs
    .option('web-address', {
      type: 'string',
      requiresArg: true,
      group: 'Output:',
      describe: 'Address of the live page, host:port; port 0 is a free port (default: 127.0.0.1:0)',
    })
    .option('web-remote', {
      type: 'boolean',
      group: 'Output:',
      describe: 'Accept a --web-address that other machines reach; the page has no password (default: false)',
    });
}

/** Returns the address of the live page; undefined without `--web`. Throws a configuration error if an option is invalid. */
export function webOptions(argv: Flags): WebAddress | undefined {
  // With --dry-run, which starts nothing, startRun refuses --web.
  if (argv.web) return argv.dryRun ? undefined : webAddress(argv);
  for (const flag of ['web-address', 'web-remote'])
    if (argv[flag]) throw badConfiguration(`--${flag} requires --web: the page that it applies to`);
  return undefined;
}

/** Returns the address of the live page. Throws a configuration error if it is invalid or not on this machine only. */
export function webAddress(argv: Flags): WebAddress {
  const given = String(argv['web-address'] ?? DEFAULT);
  const [, inBrackets, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(given) ?? [];
  const host = inBrackets ?? name;
  const port = Number(digits);
  if (host === undefined || !(port < 65_536))
    throw invalidSetting('--web-address', given, 'host:port, such as 127.0.0.1:8080');
  const isRemote = !isLoopback(host);
  if (isRemote && !argv['web-remote'])
    throw badConfiguration(
      `--web-address: ${JSON.stringify(given)} is reachable from other machines; expected a loopback address such as 127.0.0.1:8080, or --web-remote too, because the page has no password`,
    );
  // Whatever a name resolves to, the page of `localhost` is only on this machine.
  return { host: host === 'localhost' ? '127.0.0.1' : host, port, isRemote };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
