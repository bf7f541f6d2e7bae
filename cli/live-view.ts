import { frame, oneLine, type LiveState, type Screen } from './live-frame';

/** Interval of the lines if the output is not a terminal. */
const LINE_MS = 5000;

/** A terminal, or what stands in for one. */
export type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows' | 'write'>;

/** Shows the progress of a run: in place in a terminal, otherwise as a line every few seconds. */
export class LiveView {
  private drawnRows = 0;
  private drawnColumns = 0;
  private lastLineAt = 0;
  private lastPhase = '';
  private isStopped = false;

  constructor(
    private readonly out: Output = process.stderr,
    private readonly env: Readonly<Record<string, string | undefined>> = process.env,
  ) {}

  show(state: LiveState, nowMs = Date.now()): void {
    if (this.isStopped) return;
    if (this.out.isTTY) this.draw(frame(state, this.screen));
    else if (state.phase !== this.lastPhase || nowMs - this.lastLineAt >= LINE_MS) {
      this.lastLineAt = nowMs;
      this.out.write(`${oneLine(state)}\n`);
    }
    this.lastPhase = state.phase;
  }

  /** Writes a message that stays above the view. */
  note(message: string): void {
    this.clear();
    this.out.write(`${message}\n`);
  }

  /** Removes what was drawn, and shows nothing more. */
  stop(): void {
    this.isStopped = true;
    this.clear();
  }

  /** Removes what was drawn, so that other output can follow. */
  private clear(): void {
    if (!this.out.isTTY || this.drawnRows === 0) return;
    // After a change of the width, the terminal has wrapped the lines: only the whole screen is certain.
    if (this.screen.columns !== this.drawnColumns) this.out.write('\x1b[H\x1b[2J');
    else this.out.write(`\r${this.drawnRows > 1 ? `\x1b[${this.drawnRows - 1}A` : ''}\x1b[J`);
    this.drawnRows = 0;
  }

  private draw(lines: readonly string[]): void {
    this.clear();
    this.out.write(lines.join('\n'));
    this.drawnRows = lines.length;
    this.drawnColumns = this.screen.columns;
  }

  private get screen(): Screen {
    const { NO_COLOR: noColor, TERM: terminal } = this.env;
    return { columns: this.out.columns || 100, rows: this.out.rows || 24, color: !noColor && terminal !== 'dumb' };
  }
}
