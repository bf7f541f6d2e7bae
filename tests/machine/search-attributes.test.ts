import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { hasSearchAttributes, registerSearchAttributes } from '../../machine/search-attributes';

const { INDEXED_VALUE_TYPE_KEYWORD: KEYWORD, INDEXED_VALUE_TYPE_DOUBLE: DOUBLE } =
  temporal.api.enums.v1.IndexedValueType;
const ALL = { BenchmarkOutcome: KEYWORD, BenchmarkWorkload: KEYWORD, BenchmarkRate: DOUBLE, BenchmarkCapacity: DOUBLE };

/** Returns a server that has these search attributes, and what was added to them. */
function server(customAttributes: Record<string, number>, refuse?: 'list' | 'add') {
  const added: object[] = [];
  let allowed = false;
  const answer = async <T>(method: 'list' | 'add', reply: T): Promise<T> => {
    expect(allowed).toBe(true);
    if (method === refuse) throw new Error('permission denied');
    return reply;
  };
  const operatorService = {
    listSearchAttributes: () => answer('list', { customAttributes }),
    addSearchAttributes: ({ searchAttributes }: { searchAttributes: object }) =>
      answer('add', added.push(searchAttributes)),
  };
  // A call has a deadline, so that a server that does not answer delays no run.
  const withDeadline = <T>(deadline: number, call: () => Promise<T>): Promise<T> => {
    expect(deadline - Date.now()).toBeLessThanOrEqual(5000);
    allowed = true;
    return call();
  };
  return { connection: { operatorService, withDeadline } as unknown as Connection, added };
}

test('only the missing search attributes are registered', async () => {
  const { BenchmarkRate, ...others } = ALL;
  const { connection, added } = server({ ...others, OfAnotherTool: KEYWORD });
  expect(await registerSearchAttributes(connection, 'control')).toBeUndefined();
  expect(added).toEqual([{ BenchmarkRate }]);
  const complete = server(ALL);
  expect(await registerSearchAttributes(complete.connection, 'control')).toBeUndefined();
  expect(complete.added).toEqual([]);
});

test('a namespace has the search attributes only if it has all of them, with their types', async () => {
  const has = (attributes: Record<string, number>) => hasSearchAttributes(server(attributes).connection, 'control');
  expect(await has(ALL)).toBe(true);
  for (const name of Object.keys(ALL)) {
    const { [name]: _, ...others } = ALL as Record<string, number>;
    expect(await has(others)).toBe(false);
  }
  expect(await has({ ...ALL, BenchmarkRate: KEYWORD })).toBe(false);
});

test('a server that refuses does not fail the caller, and the reason is known', async () => {
  expect(await hasSearchAttributes(server(ALL, 'list').connection, 'control')).toBe(false);
  for (const method of ['list', 'add'] as const)
    expect(await registerSearchAttributes(server({}, method).connection, 'control')).toMatch(/permission denied/);
  expect(await registerSearchAttributes(server({ ...ALL, BenchmarkRate: KEYWORD }).connection, 'control')).toBe(
    'the search attribute BenchmarkRate exists with another type',
  );
});
