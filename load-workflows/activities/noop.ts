/** Does nothing: what is measured is the way there and back. */
export async function noop(): Promise<void> {}
