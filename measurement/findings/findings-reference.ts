import { OWN_LIMITS } from './attribution';
import { SERVER_LIMITS } from './limits';
import { SERVER_MEASURES, type ServerMeasure } from '../server/server-measures';
import { SERVICE_LIMITS } from './service-limits';
import { SYMPTOMS } from './symptoms';

/** docs/findings.md: everything a run can be said to have been limited by, from the tables that say so. */
export function findingsReference(): string {
  return [
    '# Findings',
    '',
    'Generated from `measurement/limits.ts`, `symptoms.ts`, `attribution.ts` and `server-measures.ts` by `npm run generate`.',
    '',
    'A run that misses a threshold says what limited it: every finding with its evidence, how sure it is, and the setting that moves',
    'it. Competing causes all stand there. Without evidence it says "not determined", and a run that was passed says that nothing',
    'limited it. `infra/dynamicconfig/benchmark.yaml` has settings for 75 to 400 workflows a second.',
    '',
    '## What the server says when it refuses a start (high confidence)',
    '',
    ...table(
      ['cause', 'scope', 'finding', 'setting', 'default', 'before turning it'],
      SERVER_LIMITS.map(({ cause, scope = 'any', name, knob, default: fallback, caveat = '' }) => {
        return [`\`${cause}\``, scope, name, `\`${knob}\``, fallback, caveat];
      }),
    ),
    '## What its services refuse each other, by their own metrics (high confidence)',
    '',
    ...table(
      ['finding', 'setting', 'default', 'measure'],
      SERVICE_LIMITS.map(({ name, knob, default: fallback, measure }) => [name, `\`${knob}\``, fallback, measure]),
    ),
    '## What the queues and the metrics of the server show',
    '',
    'Where a hold was not passed; those marked with ∗ always.',
    '',
    ...table(
      ['finding', 'confidence', 'threshold', 'setting', 'default', 'what to do'],
      SYMPTOMS.map(({ name, confidence, source, knob, default: fallback, advice, caveat, always }) => {
        return [
          always ? `${name} ∗` : name,
          confidence,
          source,
          knob,
          fallback,
          caveat ? `${advice} (${caveat})` : advice,
        ];
      }),
    ),
    '## What the benchmark says of itself (law 8: the hold is INVALID)',
    '',
    ...table(
      ['check', 'setting', 'what to do'],
      Object.entries(OWN_LIMITS).map(([check, { knob, advice }]) => [check, knob, advice]),
    ),
    "## Measures read from the server's metrics",
    '',
    'Before and after each hold, from every page given with `--server-metrics`; the embedded target has its own. Counters and histograms',
    'count what was added in the hold, over all replicas; gauges the highest value of all looks. A measure that no page has is absent,',
    'and a page that does not answer is named under `unknown`: nothing is ever taken for 0. Everything that begins with `dsql_` is read',
    'as well, whatever it is called, and stands under the measure DSQL.',
    '',
    ...table(
      ['measure', 'kind', 'metric', 'told apart by'],
      SERVER_MEASURES.map(({ name, kind, metrics, where = {}, by = [], perReplica }: ServerMeasure) => {
        const only = Object.entries(where).map(([label, value]) => ` {${label}="${value}"}`);
        const apart = perReplica ? [...by, 'replica'] : by;
        return [name, kind, metrics.map((metric) => `\`${metric}\``).join(' or ') + only.join(''), apart.join(', ')];
      }),
    ),
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}
