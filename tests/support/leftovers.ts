type End = () => Promise<void>;

const open = new Set<End>();

/**
 * Registers how to end something that a test has started. What a test leaves open is ended after it, even when it fails:
 * an open server or child process would keep jest from ending.
 *
 * @returns a function that ends it once, however often it is called
 */
export function onEnd(end: () => Promise<void> | void): End {
  let ended: Promise<void> | undefined;
  const endOnce = () => {
    open.delete(endOnce);
    return (ended ??= Promise.resolve().then(end));
  };
  open.add(endOnce);
  return endOnce;
}

/** Ends what was started after the first `kept` things, the latest first. */
async function endLatest(kept: number): Promise<void> {
  for (const end of [...open].slice(kept).reverse()) await end();
}

/** Called by jest before each test file (`setupFilesAfterEnv`). */
export function endLeftoversAfterTests(): void {
  let kept = 0;
  beforeEach(() => void (kept = open.size));
  afterEach(() => endLatest(kept));
  afterAll(() => endLatest(0));
}
