/** Returns its argument. */
export async function echo(data: string): Promise<string> {
  return data;
}
