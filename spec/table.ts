import { loadFields } from './load-fields';
import { abortFields, namespaceFields, processFields, recoveryFields, thresholdFields } from './run-fields';
import { workloadFields } from './workload-fields';

export { MAX_ITERATIONS, MAX_RATE } from './load-fields';
export { WORKLOADS, type WorkloadName } from './workloads';

/**
 * All fields of a spec. A field has the same name here, in a spec file and in the input of the workflow; its flag is
 * that name in kebab case. docs/spec.md and the JSON Schema are generated from this table.
 */
export const table = {
  ...workloadFields,
  ...loadFields,
  ...processFields,
  ...namespaceFields,
  ...thresholdFields,
  ...abortFields,
  ...recoveryFields,
} as const;

export type Table = typeof table;
export type FieldName = keyof Table;

export const fieldNames = Object.keys(table) as FieldName[];

/** The fields by topic, with the headings of `--help` and docs/spec.md. */
export const fieldGroups: Readonly<Record<string, readonly FieldName[]>> = {
  Workload: namesOf(workloadFields),
  Load: namesOf(loadFields),
  'Generators and hosts': namesOf(processFields),
  Namespace: namesOf(namespaceFields),
  Thresholds: namesOf(thresholdFields),
  'Early abort': namesOf(abortFields),
  'Timeouts and repetition': namesOf(recoveryFields),
};

function namesOf<T extends Partial<Table>>(fields: T): readonly FieldName[] {
  return Object.keys(fields) as FieldName[];
}

/** Reports whether a spec has a field of this name. */
export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(table, name);
}

/** Returns a field's flag without dashes, e.g. `ramp-up` for `rampUp`. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
