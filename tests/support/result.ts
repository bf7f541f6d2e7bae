import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { BenchmarkResult } from '../../report/result-schema';

const schema = JSON.parse(readFileSync(join(__dirname, '..', '..', 'schemas', 'result.schema.json'), 'utf8')) as object;
const ajv = new Ajv({ allErrors: true, strict: false });
addFormats(ajv);
const validate = ajv.compile(schema);

/** Validates a result (P9) with another implementation of JSON Schema than the one that generates the schema. */
export function schemaErrors(result: unknown): string[] {
  return validate(result) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, n) => all + n, 0);
}

/** Asserts what is true for every result, however the run ended (I1, I2, I6, P7 and P9). */
export function expectSoundAccount(result: BenchmarkResult): void {
  const { ledger, server, completion, results } = result;
  expect(schemaErrors(result)).toEqual([]);
  const accounted =
    ledger.acknowledged +
    ledger.recovered +
    sum(ledger.rejected) +
    sum(ledger.skipped) +
    sum(ledger.unknown) +
    ledger.inDoubt;
  expect(accounted).toBe(ledger.scheduled);
  expect(server.open).toEqual([]);
  expect(server.agrees).toBe(true);
  expect(ledger.acknowledged + ledger.recovered).toBe(server.counts.total);
  const { counts } = server;
  expect(counts.completed + counts.failed + counts.canceled + counts.terminated + counts.timedOut + counts.open).toBe(
    counts.total,
  );
  expect(completion.completed + sum(completion.failed) + completion.lost + completion.pending).toBe(completion.chosen);
  const { p50, p95, p99, p999, max } = results.latency;
  expect([p50, p95, p99, p999, max]).toEqual([p50, p95, p99, p999, max].sort((a, b) => a - b));
}

/**
 * Asserts that a run met its thresholds and that its measurement is valid. A machine with other work on it may delay the
 * starts: that says nothing about a fault.
 */
export function expectPassed({ failureReasons, validity }: BenchmarkResult): void {
  const reasons = validity.reasons.filter((reason) => !/starts were sent within .* of their due time/.test(reason));
  expect([failureReasons, reasons]).toEqual([[], []]);
}
