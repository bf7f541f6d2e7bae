import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const COMPOSE = join(__dirname, '..', '..', 'infra', 'compose');

interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: unknown;
  readonly mem_limit?: string;
}

/** Returns the services of compose.yaml with the defaults of its variables. */
export function composeServices(): Readonly<Record<string, Service>> {
  const text = readFileSync(join(COMPOSE, 'compose.yaml'), 'utf8');
  const withDefaults = (_key: string, value: unknown) =>
    typeof value === 'string' ? value.replace(/\$\$|\$\{\w+:-([^}]*)\}/g, (_whole, or?: string) => or ?? '$') : value;
  const { services } = parse(text, { merge: true }) as { services: object };
  return JSON.parse(JSON.stringify(services), withDefaults) as Record<string, Service>;
}
