import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { SERVER_LIMITS } from '../../measurement/findings/limits';

const file = join(__dirname, '..', '..', 'infra', 'dynamicconfig', 'benchmark.yaml');
const text = readFileSync(file, 'utf8');
const entries = parse(text) as Record<string, readonly { readonly value: number }[]>;

test('every setting is a positive number for everybody, with its reason and its default above it', () => {
  for (const [key, values] of Object.entries(entries)) {
    expect([key, values]).toEqual([key, [{ value: expect.any(Number) as number }]]);
    expect(values[0]!.value).toBeGreaterThan(0);
  }
  // One comment before each group of keys; a comment names what the server would do without.
  for (const group of text.split(/\n\n/).slice(1))
    expect(group).toMatch(/^# [^]*(defaults? (is|are) [\d,]+|calls)[^]*/);
});

test('the settings behind the limits that the server names are among them', () => {
  const single = SERVER_LIMITS.flatMap(({ knob }) => {
    const [, services, key] = /^\{(.*)\}(.*)$/.exec(knob) ?? [];
    return services === undefined ? [knob] : services.split(',').map((service) => `${service}${key}`);
  });
  const knobs = single.filter((knob) => /\.(rps|namespaceRPS|namespaceCount|persistenceMaxQPS)$/.test(knob));
  expect(knobs.length).toBeGreaterThanOrEqual(4);
  for (const knob of knobs) expect(Object.keys(entries)).toContain(knob);
});
