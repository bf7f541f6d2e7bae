// A stand-in for a frontend in a process of its own: answers starts at once and lets everything else it is asked for
// during pacing succeed. Tells its parent the port, and on 'count' how many starts it had and of how many distinct ids.
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import proto from '@temporalio/proto';

const { StartWorkflowExecutionRequest, StartWorkflowExecutionResponse, GetSystemInfoResponse } =
  proto.temporal.api.workflowservice.v1;
const ids = new Set();
let starts = 0;
const started = Buffer.from(StartWorkflowExecutionResponse.encode({ runId: 'stub', started: true }).finish());
const info = Buffer.from(GetSystemInfoResponse.encode({ serverVersion: 'stub' }).finish());
const answers = {
  StartWorkflowExecution: (request) => {
    starts += 1;
    ids.add(StartWorkflowExecutionRequest.decode(request).workflowId);
    return started;
  },
  GetSystemInfo: () => info,
};

const same = (bytes) => bytes;
const methods = Object.keys(answers);
const definition = Object.fromEntries(
  methods.map((method) => [
    method,
    {
      path: `/temporal.api.workflowservice.v1.WorkflowService/${method}`,
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
  methods.map((method) => [method, (call, callback) => callback(null, answers[method](call.request))]),
);
const server = new Server();
server.addService(definition, handlers);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (err, port) =>
  process.send(err ? { error: err.message, code: status.UNKNOWN } : { port }),
);
process.on('message', () => process.send({ starts, distinct: ids.size }));
process.on('disconnect', () => process.exit(0));
