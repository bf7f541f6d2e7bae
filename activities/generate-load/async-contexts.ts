import type { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Storages of asynchronous contexts in the generator process. While one of them is in use, Node (before version 24) follows
 * every promise and every call of the process. The SDK reads its storages only when an activity or a call to the control
 * server begins, so a lane can leave them afterwards.
 */
export class AsyncContexts {
  constructor(private readonly storages: readonly Pick<AsyncLocalStorage<unknown>, 'disable'>[]) {}

  /** Leaves all contexts. A storage is in use again when the next activity or call enters it. */
  leave(): void {
    for (const storage of this.storages) storage.disable();
  }
}
