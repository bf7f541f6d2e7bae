import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../orchestrator/search-attributes';
import { describeGrpcError } from '../temporal/grpc-errors';

const { IndexedValueType } = temporal.api.enums.v1;

/** The type of each search attribute by its name, as the server spells it. */
const EXPECTED = new Map(
  Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => [
    name,
    type === 'KEYWORD' ? IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD : IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
  ]),
);

/** A run does not wait longer for a server that does not answer. */
const TIMEOUT_MS = 5000;

/** Returns whether a namespace has every search attribute of a run; false if nobody may ask. */
export async function hasSearchAttributes(connection: Connection, namespace: string): Promise<boolean> {
  try {
    const customAttributes = await listAttributes(connection, namespace);
    return [...EXPECTED].every(([name, type]) => customAttributes[name] === type);
  } catch {
    return false;
  }
}

/**
 * Registers the search attributes of a run that a namespace does not have. Runs work without them.
 *
 * @returns why they could not be registered; undefined if the namespace has them
 */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<string | undefined> {
  try {
    const customAttributes = await listAttributes(connection, namespace);
    const missing = [...EXPECTED].filter(([name]) => customAttributes[name] === undefined);
    if (missing.length > 0) {
      const searchAttributes = Object.fromEntries(missing);
      await soon(connection, () => connection.operatorService.addSearchAttributes({ namespace, searchAttributes }));
    }
    const other = [...EXPECTED].find(([name, type]) => (customAttributes[name] ?? type) !== type);
    return other && `the search attribute ${other[0]} exists with another type`;
  } catch (err) {
    return describeGrpcError(err);
  }
}

async function listAttributes(connection: Connection, namespace: string) {
  const { operatorService } = connection;
  return (await soon(connection, () => operatorService.listSearchAttributes({ namespace }))).customAttributes;
}

async function soon<T>(connection: Connection, call: () => Promise<T>): Promise<T> {
  return await connection.withDeadline(Date.now() + TIMEOUT_MS, call);
}
