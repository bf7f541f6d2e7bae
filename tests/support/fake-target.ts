import { Metadata, status } from '@grpc/grpc-js';
import type { Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { ENDED_KEY, OWNER_KEY } from '../../orchestrator/names';

const { WorkflowExecutionStatus } = temporal.api.enums.v1;

export type Status = 'Running' | 'Completed' | 'Failed' | 'Canceled' | 'Terminated' | 'TimedOut' | 'ContinuedAsNew';

export interface FakeWorkflow {
  readonly id: string;
  readonly type?: string;
  readonly parent?: string;
  readonly taskQueue?: string;
  readonly closedAtMs?: number;
  status: Status;
}

export interface FakeNamespace {
  /** The run that the namespace's data names as its owner. */
  readonly owner?: string;
  /** When a worker polled each task queue last, milliseconds since the epoch. */
  polledAtMs?: Record<string, number>;
  /** When the namespace's data says that its run was over. */
  endedAt?: string;
  readonly workflows: FakeWorkflow[];
}

interface Execution {
  readonly namespace: string;
  readonly execution?: { readonly workflowId: string };
  readonly workflowExecution?: { readonly workflowId: string };
}

export function grpcFailure(code: status, message = status[code]): Error {
  return Object.assign(new Error(message), { code, details: message, metadata: new Metadata() });
}

/**
 * An in-memory Temporal frontend: namespaces, workflows, and the visibility queries that the tool sends. A query that it
 * does not understand throws, so that no condition is ignored.
 */
export class FakeTarget {
  /** Calls that changed or asked for something, e.g. `terminate shared/run-1`. */
  readonly log: string[] = [];
  private readonly failures = new Map<string, Error[]>();

  constructor(readonly namespaces: Record<string, FakeNamespace>) {}

  get connection(): Connection {
    const service = new Proxy(this, {
      get: (target, method: string) => async (request: never) => {
        const [failure] = target.failures.get(method)?.splice(0, 1) ?? [];
        if (failure) throw failure;
        return await (target[method as 'signalWorkflowExecution'] as (request: never) => Promise<unknown>)(request);
      },
    });
    const withDeadline = (_deadline: number, call: () => Promise<unknown>) => call();
    const withAbortSignal = (_signal: AbortSignal, call: () => Promise<unknown>) => call();
    const services = { workflowService: service, operatorService: service };
    return { ...services, withDeadline, withAbortSignal } as unknown as Connection;
  }

  /** Lets the next calls of a method fail, one after another. */
  fail(method: keyof FakeTarget, ...errors: Error[]): void {
    this.failures.set(method, errors);
  }

  async describeNamespace({ namespace }: { namespace: string }) {
    const { owner } = this.inside(namespace);
    return { namespaceInfo: { data: owner === undefined ? {} : { [OWNER_KEY]: owner } } };
  }

  async listNamespaces() {
    const namespaces = Object.entries(this.namespaces).map(([name, { owner, endedAt }]) => {
      const data = { ...(owner && { [OWNER_KEY]: owner }), ...(endedAt && { [ENDED_KEY]: endedAt }) };
      return { namespaceInfo: { name, data } };
    });
    return { namespaces };
  }

  async updateNamespace(request: { namespace: string; updateInfo: { data: Record<string, string> } }) {
    this.inside(request.namespace).endedAt = request.updateInfo.data[ENDED_KEY];
  }

  /** How far the server's clock is ahead of this machine's, milliseconds. */
  aheadMs = 0;

  async pollWorkflowTaskQueue({ namespace, taskQueue: { name } }: { namespace: string; taskQueue: { name: string } }) {
    (this.inside(namespace).polledAtMs ??= {})[name] = Date.now() + this.aheadMs;
  }

  async describeTaskQueue({ namespace, taskQueue: { name } }: { namespace: string; taskQueue: { name: string } }) {
    const atMs = this.inside(namespace).polledAtMs?.[name];
    return { pollers: atMs === undefined ? [] : [{ lastAccessTime: { seconds: Math.floor(atMs / 1000) } }] };
  }

  async deleteNamespace({ namespace }: { namespace: string }) {
    this.inside(namespace);
    this.log.push(`delete ${namespace}`);
    delete this.namespaces[namespace];
  }

  async countWorkflowExecutions({ namespace, query }: { namespace: string; query: string }) {
    const [conditions, group] = query.split(' GROUP BY ') as [string, string?];
    if (group !== undefined && group !== 'ExecutionStatus') throw grpcFailure(status.INVALID_ARGUMENT, query);
    const found = this.select(namespace, conditions);
    const statuses = group === undefined ? [] : [...new Set(found.map((one) => one.status))];
    const groups = statuses.map((name) => ({
      groupValues: [defaultPayloadConverter.toPayload(name)],
      count: found.filter((one) => one.status === name).length,
    }));
    return { count: found.length, groups };
  }

  async listWorkflowExecutions(request: {
    namespace: string;
    query: string;
    pageSize: number;
    nextPageToken?: Uint8Array;
  }) {
    const { namespace, query, pageSize, nextPageToken } = request;
    const from = Number(Buffer.from(nextPageToken ?? []).toString() || 0);
    const found = this.select(namespace, query);
    const page = found.slice(from, from + pageSize);
    const isLast = from + pageSize >= found.length;
    return {
      executions: page.map(({ id, taskQueue }) => ({ execution: { workflowId: id }, taskQueue })),
      nextPageToken: isLast ? new Uint8Array() : Buffer.from(String(from + pageSize)),
    };
  }

  async describeWorkflowExecution({ namespace, execution }: Execution) {
    const { type, status: state } = this.find(namespace, execution!.workflowId);
    const key = `WORKFLOW_EXECUTION_STATUS_${state.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}`;
    return {
      workflowExecutionInfo: {
        type: { name: type },
        status: WorkflowExecutionStatus[key as keyof typeof WorkflowExecutionStatus],
      },
    };
  }

  async startWorkflowExecution(request: { namespace: string; workflowId: string; workflowType: { name: string } }) {
    const { namespace, workflowId, workflowType } = request;
    this.log.push(`start ${workflowId}`);
    const { workflows } = this.inside(namespace);
    if (workflows.some(({ id }) => id === workflowId)) throw grpcFailure(status.ALREADY_EXISTS);
    workflows.push({ id: workflowId, type: workflowType.name, status: 'Running' });
    return { runId: workflowId };
  }

  async terminateWorkflowExecution({ namespace, workflowExecution }: Execution) {
    const { workflowId } = workflowExecution!;
    this.log.push(`terminate ${namespace}:${workflowId}`);
    const found = this.find(namespace, workflowId);
    if (found.status !== 'Running') throw grpcFailure(status.NOT_FOUND, 'workflow execution already completed');
    found.status = 'Terminated';
  }

  async signalWorkflowExecution(request: Execution & { requestId: string }) {
    this.message('signal', request, request.requestId);
  }

  async queryWorkflow(request: Execution) {
    this.message('query', request, '');
  }

  async updateWorkflowExecution(request: Execution & { request: { meta: { updateId: string } } }) {
    this.message('update', request, request.request.meta.updateId);
    return { outcome: { success: {} } };
  }

  /** What a message does to a workflow that is running; replaced by a test. */
  onMessage: (workflow: FakeWorkflow) => void = () => undefined;

  private message(kind: string, { namespace, workflowExecution, execution }: Execution, id: string): void {
    const { workflowId } = (workflowExecution ?? execution)!;
    this.log.push(`${kind} ${id || workflowId}`);
    const found = this.find(namespace, workflowId);
    if (found.status !== 'Running' && kind !== 'query') throw grpcFailure(status.NOT_FOUND);
    this.onMessage(found);
  }

  private inside(namespace: string): FakeNamespace {
    const found = this.namespaces[namespace];
    if (!found) throw grpcFailure(status.NOT_FOUND, `namespace ${namespace}`);
    return found;
  }

  private find(namespace: string, workflowId: string): FakeWorkflow {
    const found = this.inside(namespace).workflows.find(({ id }) => id === workflowId);
    if (!found) throw grpcFailure(status.NOT_FOUND, workflowId);
    return found;
  }

  private select(namespace: string, query: string): FakeWorkflow[] {
    const conditions = query === '' ? [] : query.split(' AND ').map(conditionOf);
    return this.inside(namespace).workflows.filter((one) => conditions.every((holds) => holds(one)));
  }
}

/** Reads one condition of a visibility query. */
function conditionOf(text: string): (workflow: FakeWorkflow) => boolean {
  if (text === 'ParentWorkflowId IS NULL') return ({ parent }) => parent === undefined;
  const types = /^WorkflowType IN \((.*)\)$/.exec(text)?.[1]?.split(', ');
  if (types) return ({ type }) => types.includes(`'${type}'`);
  const [, field, operator, value = ''] = /^(\w+) (=|!=|>=|<|STARTS_WITH) '([^']*)'$/.exec(text) ?? [];
  const actualOf = {
    WorkflowId: ({ id }: FakeWorkflow) => id,
    WorkflowType: ({ type }: FakeWorkflow) => type ?? '',
    ExecutionStatus: (one: FakeWorkflow) => one.status,
    CloseTime: ({ closedAtMs }: FakeWorkflow) => (closedAtMs === undefined ? '' : new Date(closedAtMs).toISOString()),
  }[field ?? ''];
  const holds = {
    '=': (actual: string) => actual === value,
    '!=': (actual: string) => actual !== value,
    '>=': (actual: string) => actual >= value,
    '<': (actual: string) => actual < value,
    STARTS_WITH: (actual: string) => actual.startsWith(value),
  }[operator ?? ''];
  if (!actualOf || !holds) throw grpcFailure(status.INVALID_ARGUMENT, `the query has an unknown condition: ${text}`);
  return (workflow) => holds(actualOf(workflow));
}
