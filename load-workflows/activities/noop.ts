/** Does nothing. The cluster's part of an activity is measured, not the activity's work. */
export async function noop(): Promise<void> {}
