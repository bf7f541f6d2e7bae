import { Client, credentials, Metadata, Server, ServerCredentials, status, type ServiceError } from '@grpc/grpc-js';
import { google, temporal } from '@temporalio/proto';
import { onEnd } from './leftovers';

const { WorkflowService } = temporal.api.workflowservice.v1;
const { OperatorService } = temporal.api.operatorservice.v1;

/** What a test does with one call: answer it, fail it, delay it, or pass it on to the server behind. */
export type Intercept = (request: Buffer, forward: () => Promise<Buffer>) => Promise<Buffer>;

export interface FrontendOptions {
  readonly credentials?: ServerCredentials;
  /** Throws the error of a call that is not let in. */
  readonly admit?: (metadata: Metadata) => void;
  /** Where it listens; by default on a free port. */
  readonly listenAt?: string;
}

/**
 * A frontend between the tool and a real server, at the level of gRPC calls: passes everything on but what a test
 * intercepts, by method name. Without a server behind, only intercepted methods work.
 */
export class TestFrontend {
  readonly calls: Record<string, number> = {};
  private readonly intercepts = new Map<string, Intercept>();
  private readonly upstream?: Client;

  private constructor(
    private readonly server: Server,
    readonly address: string,
    upstreamAddress?: string,
  ) {
    if (upstreamAddress) this.upstream = new Client(upstreamAddress, credentials.createInsecure());
  }

  static async start(upstreamAddress?: string, options: FrontendOptions = {}): Promise<TestFrontend> {
    const server = new Server({ 'grpc.max_receive_message_length': -1 });
    const holder: { frontend?: TestFrontend } = {};
    const handle =
      (path: string) => async (method: string, request: Buffer, metadata: Metadata, deadline: Date | number) => {
        options.admit?.(metadata);
        return await holder.frontend!.handle(path, method, request, metadata, deadline);
      };
    register(server, 'temporal.api.workflowservice.v1.WorkflowService', methodsOf(WorkflowService), handle);
    register(server, 'temporal.api.operatorservice.v1.OperatorService', methodsOf(OperatorService), handle);
    register(server, 'grpc.health.v1.Health', ['Check'], handle);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(
        options.listenAt ?? '127.0.0.1:0',
        options.credentials ?? ServerCredentials.createInsecure(),
        (err, bound) => (err ? reject(err) : resolve(bound)),
      ),
    );
    const host = options.listenAt?.split(':')[0] ?? '127.0.0.1';
    return (holder.frontend = new TestFrontend(server, `${host}:${port}`, upstreamAddress));
  }

  /** Replaces what a method does until {@link release}. */
  intercept(method: string, intercept: Intercept): void {
    this.intercepts.set(method, intercept);
  }

  release(method: string): void {
    this.intercepts.delete(method);
  }

  readonly close = onEnd(() => {
    this.server.forceShutdown();
    this.upstream?.close();
  });

  private async handle(
    path: string,
    method: string,
    request: Buffer,
    metadata: Metadata,
    deadline: Date | number,
  ): Promise<Buffer> {
    this.calls[method] = (this.calls[method] ?? 0) + 1;
    const forward = () => this.forward(path, request, metadata, deadline);
    const intercept = this.intercepts.get(method);
    return intercept ? await intercept(request, forward) : await forward();
  }

  private async forward(path: string, request: Buffer, metadata: Metadata, deadline: Date | number): Promise<Buffer> {
    if (!this.upstream) throw grpcError(status.UNIMPLEMENTED, `${path} is not stood in for`);
    return await new Promise((resolve, reject) =>
      this.upstream!.makeUnaryRequest(path, same, same, request, metadata, { deadline }, (err, reply) =>
        err ? reject(err) : resolve(reply!),
      ),
    );
  }
}

/** Returns the error of a server that refuses a call, by default because it limits the namespace's rate. */
export function throttled(cause: 'RPS_LIMIT' | 'BUSY_WORKFLOW' = 'RPS_LIMIT') {
  const failure = temporal.api.errordetails.v1.ResourceExhaustedFailure.encode({
    cause: temporal.api.enums.v1.ResourceExhaustedCause[`RESOURCE_EXHAUSTED_CAUSE_${cause}`],
    scope: temporal.api.enums.v1.ResourceExhaustedScope.RESOURCE_EXHAUSTED_SCOPE_NAMESPACE,
  }).finish();
  const any = { type_url: 'type.googleapis.com/temporal.api.errordetails.v1.ResourceExhaustedFailure', value: failure };
  const details = google.rpc.Status.encode({
    code: status.RESOURCE_EXHAUSTED,
    message: 'too fast',
    details: [any],
  }).finish();
  const error = grpcError(status.RESOURCE_EXHAUSTED, 'too fast');
  error.metadata.set('grpc-status-details-bin', Buffer.from(details));
  return error;
}

export function grpcError(code: status, details: string): ServiceError {
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() });
}

type Handler = (method: string, request: Buffer, metadata: Metadata, deadline: Date | number) => Promise<Buffer>;

function register(
  server: Server,
  service: string,
  methods: readonly string[],
  handle: (path: string) => Handler,
): void {
  const definition = Object.fromEntries(
    methods.map((method) => [
      method,
      {
        path: `/${service}/${method}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      },
    ]),
  );
  const handlers = Object.fromEntries(
    methods.map((method) => [
      method,
      (
        call: { request: Buffer; metadata: Metadata; getDeadline(): Date | number },
        callback: (err: unknown, reply?: Buffer) => void,
      ) => {
        handle(`/${service}/${method}`)(method, call.request, call.metadata, call.getDeadline()).then(
          (reply) => callback(null, reply),
          (err: ServiceError) =>
            callback({
              code: err.code ?? status.INTERNAL,
              details: err.details ?? err.message,
              metadata: trailers(err),
            }),
        );
      },
    ]),
  );
  server.addService(definition as never, handlers as never);
}

/** The error details travel in the trailers. */
function trailers({ metadata }: ServiceError): Metadata {
  const kept = new Metadata();
  for (const value of metadata?.get('grpc-status-details-bin') ?? []) kept.add('grpc-status-details-bin', value);
  return kept;
}

/** The protobuf descriptors are reflected at run time: the service knows its methods, whatever its static type says. */
function methodsOf(service: unknown): string[] {
  return Object.keys((service as { methods: object }).methods);
}

function same(bytes: Buffer): Buffer {
  return bytes;
}
