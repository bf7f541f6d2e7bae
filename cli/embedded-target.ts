import { resolve } from 'node:path';
import { checkNewFile } from './out-folder';
import { invalidSetting } from './settings';

/** The settings of an embedded target. */
export interface EmbeddedTargetOptions {
  readonly targetDatabase?: string;
  readonly targetDynamicConfig?: readonly string[];
}

/** Reads `--db-filename` and `--dynamic-config-value`. Throws a configuration error if a value is invalid. */
export function embeddedTargetOptions(argv: Readonly<Record<string, unknown>>): EmbeddedTargetOptions {
  const { dbFilename, dynamicConfigValue } = argv;
  const settings = (dynamicConfigValue ?? []) as readonly string[];
  settings.forEach(checkDynamicConfig);
  if (dbFilename !== undefined) checkNewFile('--db-filename', String(dbFilename));
  return {
    ...(dbFilename === undefined ? {} : { targetDatabase: resolve(String(dbFilename)) }),
    ...(settings.length === 0 ? {} : { targetDynamicConfig: settings }),
  };
}

function checkDynamicConfig(setting: string): void {
  const [, value] = /^[A-Za-z][\w.]*=(.+)$/s.exec(setting) ?? [];
  if (value !== undefined && isJson(value)) return;
  const expected = 'key=value with a JSON value, such as frontend.namespaceRPS=100 or matching.useNewMatcher=true';
  throw invalidSetting('--dynamic-config-value', setting, expected);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
