const barWidth = 30;
/** Milliseconds between two drawings. */
const pause = 100;

/** A line of a terminal that is drawn over and over. Draws nothing unless `shown`. */
export class ProgressLine {
  private drawn = -Infinity;

  constructor(
    private readonly output: { write(text: string): unknown },
    private readonly shown: boolean,
    private readonly now: () => number,
  ) {}

  /** `part`: from 0 to 1. */
  update(label: string, part: number): void {
    const now = this.now();
    if (!this.shown || now - this.drawn < pause) return;
    this.drawn = now;
    const full = Math.round(part * barWidth);
    const bar = `${'#'.repeat(full)}${'-'.repeat(barWidth - full)}`;
    const percent = String(Math.floor(part * 100)).padStart(3);
    // Back to the start of the line, and over what stands there.
    this.output.write(`\r${label} [${bar}] ${percent}%\u001b[K`);
  }

  /** Leaves nothing of it on the terminal. */
  clear(): void {
    if (this.drawn > -Infinity) this.output.write('\r\u001b[K');
    this.drawn = -Infinity;
  }
}
