import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { SERVER_LIMITS } from '../../measurement/findings/limits';

const INFRA = join(__dirname, '..', '..', 'infra');
const text = readFileSync(join(INFRA, 'dynamicconfig', 'benchmark.yaml'), 'utf8');
const entries = parse(text) as Record<string, readonly { readonly value: number }[]>;

test('every setting is a positive number without constraints, and a comment above its group gives the reason', () => {
  for (const [key, values] of Object.entries(entries)) {
    expect([key, values]).toEqual([key, [{ value: expect.any(Number) as number }]]);
    expect(values[0]!.value).toBeGreaterThan(0);
  }
  const groups = text.split('\n\n').filter((group) => /^[^#]/m.test(group));
  expect(groups.flatMap((group) => group.match(/^[a-z]\S+(?=:$)/gim))).toEqual(Object.keys(entries));
  for (const group of groups) expect(group).toMatch(/^# [^\n]{20,}(\n# [^\n]*)*\. Default: \d[\d, a-z()]*\.\n[^#]/);
});

test('the file has every setting that a finding about a server limit names', () => {
  const single = SERVER_LIMITS.flatMap(({ knob }) => {
    const [, services, key] = /^\{(.*)\}(.*)$/.exec(knob) ?? [];
    return services === undefined ? [knob] : services.split(',').map((service) => `${service}${key}`);
  });
  const knobs = single.filter((knob) => /\.(rps|namespaceRPS|namespaceCount|persistenceMaxQPS)$/.test(knob));
  expect(knobs.length).toBeGreaterThanOrEqual(4);
  for (const knob of knobs) expect(Object.keys(entries)).toContain(knob);
});

test("the values for Temporal's own Helm chart have the same settings", () => {
  const values = readFileSync(join(INFRA, 'helm', 'temporal-values.yaml'), 'utf8');
  expect(parse(values)).toEqual({ server: { dynamicConfig: entries } });
});
