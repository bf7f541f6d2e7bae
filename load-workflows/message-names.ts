/** The signal and the update that a generator sends to a workflow it has started, and the query it asks. */
export const POKE = 'poke';
export const STATE = 'state';
