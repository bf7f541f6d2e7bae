import { condition, defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { POKE, STATE } from './message-names';

const pokeSignal = defineSignal(POKE);
const pokeUpdate = defineUpdate<number, []>(POKE);
const stateQuery = defineQuery<number>(STATE);

export interface MessagesInput {
  /** The number of messages to wait for. */
  readonly messages: number;
}

/** Completes when it has received the given number of signals. */
export async function signalled({ messages }: MessagesInput): Promise<void> {
  let received = 0;
  setHandler(pokeSignal, () => {
    received += 1;
  });
  await condition(() => received === messages);
}

/** Completes when it has received the given number of updates. Each is validated, accepted and answered with its number. */
export async function updated({ messages }: MessagesInput): Promise<void> {
  let received = 0;
  setHandler(
    pokeUpdate,
    () => {
      received += 1;
      return received;
    },
    {
      validator: () => {
        if (received === messages) throw new Error(`the workflow has already received its ${messages} updates`);
      },
    },
  );
  await condition(() => received === messages);
}

/** Answers queries until it receives a signal, then completes. */
export async function queried(): Promise<void> {
  let signals = 0;
  setHandler(stateQuery, () => signals);
  setHandler(pokeSignal, () => {
    signals += 1;
  });
  await condition(() => signals > 0);
}
