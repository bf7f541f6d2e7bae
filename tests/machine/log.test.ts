import { ApplicationFailure } from '@temporalio/common';
import { logger } from '../../machine/log';

function written(fields: object): Record<string, unknown> {
  const { format } = logger('role');
  const info = format.transform({ level: 'warn', message: 'Workflow failed', ...fields }, {}) as Record<symbol, string>;
  return JSON.parse(info[Symbol.for('message')]!) as Record<string, unknown>;
}

test('the error of a failed workflow is logged with its type, its message and its causes', () => {
  const cause = new TypeError('no such field');
  const error = ApplicationFailure.create({ message: 'the run failed', type: 'RunFailed', cause });
  expect(written({ error, workflowId: 'w' })).toMatchObject({
    workflowId: 'w',
    error: { type: 'RunFailed', message: 'the run failed', cause: { type: 'TypeError', message: 'no such field' } },
  });
  expect(written({ error: new RangeError('too large') }).error).toEqual({ type: 'RangeError', message: 'too large' });
});

test('other fields are written as they are', () => {
  expect(written({ error: 'text', count: 2, nested: { a: 1 } })).toMatchObject({
    error: 'text',
    count: 2,
    nested: { a: 1 },
  });
});
