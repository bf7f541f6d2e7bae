/** R1.1: completes at once. */
export async function simple(): Promise<void> {}
