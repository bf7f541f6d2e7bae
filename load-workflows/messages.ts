import { condition, defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { POKE, STATE } from './message-names';

const pokeSignal = defineSignal(POKE);
const pokeUpdate = defineUpdate<number, []>(POKE);
const stateQuery = defineQuery<number>(STATE);

export interface MessagesInput {
  /** How many messages it waits for. */
  readonly messages: number;
}

/** Completes when it has had so many signals. */
export async function signalled({ messages }: MessagesInput): Promise<void> {
  await pokes(messages);
}

/** Completes when it has had so many updates; each is validated, accepted, and answered with its number. */
export async function updated({ messages }: MessagesInput): Promise<void> {
  let had = 0;
  setHandler(
    pokeUpdate,
    () => {
      had += 1;
      return had;
    },
    {
      validator: () => {
        if (had === messages) throw new Error(`has had its ${messages} updates`);
      },
    },
  );
  await condition(() => had === messages);
}

/** Answers queries until a signal lets it complete. */
export async function queried(): Promise<void> {
  let had = 0;
  setHandler(stateQuery, () => had);
  setHandler(pokeSignal, () => {
    had += 1;
  });
  await condition(() => had > 0);
}

async function pokes(messages: number): Promise<void> {
  let had = 0;
  setHandler(pokeSignal, () => {
    had += 1;
  });
  await condition(() => had === messages);
}
