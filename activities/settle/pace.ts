/** Visibility APIs are limited to 10 a second and namespace, and others may need them too. */
const VISIBILITY_CALL_MS = 1000;

/** Spaces calls by an interval; the first goes at once. */
export class Pace {
  private nextAt = 0;
  constructor(private readonly intervalMs = VISIBILITY_CALL_MS) {}

  async next(): Promise<void> {
    const waitMs = this.nextAt - Date.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    this.nextAt = Date.now() + this.intervalMs;
  }
}
