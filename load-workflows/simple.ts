/** Completes immediately (R1.1). */
export async function simple(): Promise<void> {}
