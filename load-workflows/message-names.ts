/** The name of the signal and of the update that a generator sends to a workflow that it has started. */
export const POKE = 'poke';
/** The name of the query that a generator sends. */
export const STATE = 'state';
