/** Returns what it is given. */
export async function echo(data: string): Promise<string> {
  return data;
}
