/** Asks a question repeatedly, with at most one request in flight, and keeps the last answer. */
export class Poll<T> {
  value?: T;
  private askedAtMs = -Infinity;
  private answeredAtMs = performance.now();
  private pending?: Promise<boolean>;

  constructor(private readonly ask: () => Promise<T>) {}

  /**
   * Asks unless a request is in flight or the last one began less than this ago. Resolves when there is no request in
   * flight: with whether the last one was answered. Never rejects.
   */
  async refresh(everyMs: number): Promise<boolean> {
    if (this.pending) return await this.pending;
    if (performance.now() - this.askedAtMs < everyMs) return false;
    this.askedAtMs = performance.now();
    this.pending = this.request();
    return await this.pending;
  }

  /** The time since the last answer, or since this object was created, milliseconds. */
  get silentMs(): number {
    return performance.now() - this.answeredAtMs;
  }

  private async request(): Promise<boolean> {
    try {
      this.value = await this.ask();
      this.answeredAtMs = performance.now();
      return true;
    } catch {
      return false;
    } finally {
      this.pending = undefined;
    }
  }
}
