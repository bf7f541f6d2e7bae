import { grafanaDashboard } from '../machine/metrics/grafana';
import { metricsReference } from '../machine/metrics/reference';
import { findingsReference } from '../measurement/findings/findings-reference';
import { resultJsonSchema } from '../report/result-schema';
import { capacityJsonSchema, specJsonSchema, specReference } from '../spec/reference';
import { typeDeclarations } from './type-declarations';

/** Returns the content of the generated files, by path. */
export function generated(): Record<string, string> {
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  return {
    'schemas/spec.schema.json': json(specJsonSchema()),
    'schemas/capacity.schema.json': json(capacityJsonSchema()),
    'schemas/result.schema.json': json(resultJsonSchema()),
    'schemas/index.d.ts': typeDeclarations(),
    'docs/spec.md': specReference(),
    'docs/metrics.md': metricsReference(),
    'infra/grafana/benchmark.json': json(grafanaDashboard('benchmark.json')),
    'infra/grafana/cluster.json': json(grafanaDashboard('cluster.json')),
    'docs/findings.md': findingsReference(),
  };
}
