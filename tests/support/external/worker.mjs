// A worker as somebody else has one: it knows nothing of the benchmark. `node worker.mjs ADDRESS NAMESPACE QUEUE`.
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';

const [address, namespace, taskQueue] = process.argv.slice(2);
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  namespace,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('workflows.mjs', import.meta.url)),
  activities: { ship: async (number) => `parcel ${number}` },
});
process.on('SIGTERM', () => worker.shutdown());
await worker.run();
process.exit(0);
