/** The message about a page of HTML: a proxy with a login page, or a user interface, answers 200, too. */
export const ANSWERED_HTML =
  'answered with an HTML page, not with metrics: is it the address of a proxy or of a user interface?';

export function isHtml(contentType: string | undefined): boolean {
  return /^text\/html\b/i.test(contentType ?? '');
}

/** Returns the JSON document of a reply. The message of an error continues the name of the source. */
export async function answerOf<T>(response: Response): Promise<T> {
  if (isHtml(response.headers.get('content-type') ?? undefined)) throw new Error(ANSWERED_HTML);
  try {
    return (await response.json()) as T;
  } catch {
    throw new Error('answered with something else than JSON');
  }
}
