import { temporal } from '@temporalio/proto';
import { unlessClosed } from '../check-frontend';
import type { WireConnection } from './connection';
import { Encoder } from './encode';

const { GetClusterInfoResponse } = temporal.api.workflowservice.v1;
const TIMEOUT_MS = 5000;

/** Returns the ID of the cluster that a connection reaches; empty if the server does not report it. */
export async function clusterIdOver(connection: WireConnection): Promise<string> {
  const request = new Encoder().begin().frame();
  const reply = await unlessClosed(connection.unary('GetClusterInfo', request, { deadlineMs: TIMEOUT_MS }));
  return reply === undefined ? '' : GetClusterInfoResponse.decode(reply).clusterId;
}
