import { temporal } from '@temporalio/proto';
import { POKE } from '../load-workflows/message-names';
import type { MessagesInput } from '../load-workflows/messages';
import { bytesIn, textIn, type ProtocolMessage } from '../temporal/wire/replies';
import { Fields } from '../temporal/wire/scan';
import type { Commands } from './commands';
import type { RunHistory } from './history';
import { encodePayloads } from './payloads';

const { Message } = temporal.api.protocol.v1;
const { Acceptance, Rejection, Request, Response } = temporal.api.update.v1;
const TYPE_PREFIX = 'type.googleapis.com/temporal.api.update.v1.';

/** What a workflow task answers to the updates that came with it. */
export interface UpdateAnswers {
  readonly commands: Uint8Array[];
  readonly messages: Uint8Array[];
}

/**
 * Validates each update of a task; accepts it and answers it with its number, or rejects it. The run counts those that
 * this task accepts until their events are in its history.
 */
export function answerUpdates(
  workflowType: string,
  run: RunHistory,
  updates: readonly ProtocolMessage[],
  commands: Commands,
): UpdateAnswers {
  const answers: UpdateAnswers = { commands: [], messages: [] };
  for (const update of updates) {
    if (update.bodyType !== `${TYPE_PREFIX}Request`) continue;
    const refusal = refuse(workflowType, run, update);
    if (refusal === undefined) accept(run, update, commands, answers);
    else answers.messages.push(rejection(update, refusal));
  }
  return answers;
}

function refuse(workflowType: string, run: RunHistory, { body }: ProtocolMessage): string | undefined {
  const name = textIn(new Fields(bytesIn(new Fields(body), 2)), 2);
  if (workflowType !== 'updated' || name !== POKE)
    return `No registered handler for update: ${name}. Registered update handlers: [ ${workflowType === 'updated' ? POKE : ''} ]`;
  const { messages } = run.argument<MessagesInput>();
  return run.updates >= messages ? `has had its ${messages} updates` : undefined;
}

function accept(run: RunHistory, update: ProtocolMessage, commands: Commands, answers: UpdateAnswers): void {
  const { id, protocolInstanceId, eventId } = update;
  const acceptedRequest = Request.decode(update.body);
  run.updatesInTask += 1;
  const acceptance = {
    acceptedRequestMessageId: id,
    acceptedRequestSequencingEventId: eventId as never,
    acceptedRequest,
  };
  const outcome = { success: temporal.api.common.v1.Payloads.decode(encodePayloads(run.updates)) };
  answers.commands.push(commands.protocolMessage(`${id}/accept`), commands.protocolMessage(`${id}/complete`));
  answers.messages.push(
    message(`${id}/accept`, protocolInstanceId, 'Acceptance', Acceptance.encode(acceptance).finish()),
    message(
      `${id}/complete`,
      protocolInstanceId,
      'Response',
      Response.encode({ meta: acceptedRequest.meta, outcome }).finish(),
    ),
  );
}

function rejection({ id, protocolInstanceId, eventId, body }: ProtocolMessage, refusal: string): Uint8Array {
  const value = Rejection.encode({
    rejectedRequestMessageId: id,
    rejectedRequestSequencingEventId: eventId as never,
    rejectedRequest: Request.decode(body),
    failure: { message: refusal, source: 'TypeScriptSDK', applicationFailureInfo: { type: 'Error' } },
  }).finish();
  return message(`${id}/reject`, protocolInstanceId, 'Rejection', value);
}

function message(id: string, protocolInstanceId: string, type: string, value: Uint8Array): Uint8Array {
  return Message.encode({ id, protocolInstanceId, body: { type_url: `${TYPE_PREFIX}${type}`, value } }).finish();
}
