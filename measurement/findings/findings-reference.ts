import { markdownTable } from '../format/markdown-table';
import { CLOUDWATCH_MEASURES } from '../server/cloudwatch';
import { SERVER_MEASURES, type ServerMeasure } from '../server/server-measures';
import { BENCHMARK_LIMITS } from './benchmark-limits';
import { ENDING_CAUSES } from './endings';
import { SERVER_LIMITS } from './limits';
import { SERVICE_LIMITS } from './service-limits';
import { SYMPTOMS } from './symptom-table';

/** Returns docs/findings.md: everything that a run can name as its limit, from the tables that define it. */
export function findingsReference(): string {
  return [
    '# Findings',
    '',
    'Generated from the tables in `measurement/findings` and `measurement/server` by `npm run generate`.',
    '',
    'If a run misses a threshold, the report names what limited it: each finding with its evidence, a confidence, and the setting',
    'that changes the limit. Competing causes are all listed. Without evidence, the finding is "not determined"; if a run passed, it',
    'is "no limit reached". `infra/dynamicconfig/benchmark.yaml` has settings for 75 to 400 workflows per second.',
    '',
    '## Limits that the server names when it rejects a start (high confidence)',
    '',
    ...markdownTable(
      ['cause', 'scope', 'finding', 'setting', 'default', 'before you change it'],
      SERVER_LIMITS.map(({ cause, scope = 'any', name, knob, default: fallback, caveat = '' }) => {
        return [`\`${cause}\``, scope, name, `\`${knob}\``, fallback, caveat];
      }),
    ),
    "## Limits between the cluster's services, by their metrics (high confidence)",
    '',
    ...markdownTable(
      ['finding', 'setting', 'default', 'measure'],
      SERVICE_LIMITS.map(({ name, knob, default: fallback, measure }) => [name, `\`${knob}\``, fallback, measure]),
    ),
    '## Why workflows did not complete, from the histories of sampled workflows',
    '',
    ...markdownTable(
      ['finding', 'setting', 'default', 'what to do'],
      ENDING_CAUSES.map(({ name, knob, default: fallback, advice }) => [name, `\`${knob}\``, fallback, advice]),
    ),
    '## Symptoms in the task queues and the metrics of the server',
    '',
    'Reported for holds that did not pass. Symptoms marked with ∗ are also reported for holds that passed.',
    '',
    ...markdownTable(
      ['finding', 'confidence', 'threshold', 'setting', 'default', 'what to do'],
      SYMPTOMS.map(({ name, confidence, threshold, knob, default: fallback, advice, caveat, always }) => {
        return [
          always ? `${name} ∗` : name,
          confidence,
          threshold,
          knob,
          fallback,
          caveat ? `${advice} (${caveat})` : advice,
        ];
      }),
    ),
    '## Limits of the benchmark itself (the hold is INVALID)',
    '',
    ...markdownTable(
      ['check', 'setting', 'what to do'],
      Object.entries(BENCHMARK_LIMITS).map(([check, { knob, advice }]) => [check, knob, advice]),
    ),
    "## Measures read from the server's metrics",
    '',
    'The run reads every page given with `--server-metrics` before and after each hold; an embedded target has its own page. Counters',
    'and histograms count what was added during the hold, over all replicas. Gauges give the lowest, mean and highest value of all',
    'reads. A measure that no page contains is absent. A page that does not respond, or that contains no metric of this list, is',
    'listed under `unknown` with the reason; a missing value is never reported as 0.',
    '',
    'Names are those that the server defines. Each is also read with the suffixes that the metrics framework OpenTelemetry adds:',
    '`_total` for counters, `_milliseconds` or `_seconds` for latencies. Work that the server counts under `service_name="server"`,',
    'before its services start, is left out.',
    '',
    ...markdownTable(
      ['measure', 'kind', 'metric', 'grouped by'],
      SERVER_MEASURES.map(({ name, kind, metrics, where = {}, by = [], perReplica }: ServerMeasure) => {
        const filter = Object.entries(where).map(([label, value]) => ` {${label}="${value}"}`);
        const groups = perReplica ? [...by, 'replica'] : by;
        return [name, kind, metrics.map((metric) => `\`${metric}\``).join(' or ') + filter.join(''), groups.join(', ')];
      }),
    ),
    '',
    '## Measures of Aurora DSQL from Amazon CloudWatch',
    '',
    'Read with `--dsql-cluster` after the load, because CloudWatch has them a few minutes later, one value per minute. A reading covers',
    'the minutes that lie entirely within the hold: `count` is their sum; `lowest`, `mean` and `highest` are those of the minutes. Their',
    'conflicts are those of all transactions, and only they contain the commit latency.',
    '',
    ...markdownTable(
      ['measure', 'metric in `AWS/AuroraDSQL`', 'unit'],
      CLOUDWATCH_MEASURES.map(({ name, metric, unit }) => [name, `\`${metric}\``, unit]),
    ),
  ].join('\n');
}
