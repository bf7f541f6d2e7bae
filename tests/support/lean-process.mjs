// Runs a lean executor in a process of its own, so that a test can kill it: lean-process.mjs ADDRESS QUEUE IDENTITY.
// Tells its parent when it polls, and which workflows it has closed.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { LeanExecutor } = require('../../dist/executor/executor.js');
const [address, taskQueue, identity] = process.argv.slice(2);

await LeanExecutor.start({
  target: { address, options: {} },
  namespace: 'default',
  taskQueue,
  identity,
  buildId: 'lean-process',
  activities: true,
  onClosed: ({ workflowId }) => process.send({ closed: workflowId }),
});
process.send({ ready: true });
process.on('disconnect', () => process.exit(0));
