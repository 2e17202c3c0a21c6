import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/** The alternate screen, without wrapping, so that a character that is wider than we think moves nothing else. */
const enter = '\u001b[?1049h\u001b[?7l\u001b[?2004h\u001b[2J\u001b[H';
const leave = '\u001b[?2026l\u001b[0m\u001b[?2004l\u001b[?7h\u001b[?25h\u001b[?1049l';
const beginFrame = '\u001b[?2026h\u001b[?25l';
const endFrame = '\u001b[?2026l';
/** Milliseconds from one frame to the next at least. */
const pause = 16;
/** Characters of what is meant for standard error that are kept. */
const maxErrors = 65_536;

export type CursorPlace = { readonly row: number; readonly column: number };

/**
 * A terminal's whole screen. It takes whole frames and writes the rows that have changed, each at its place: nothing
 * flickers, nothing scrolls, and what another program wrote over it is put right by `repaint`.
 */
export class Screen {
  /** What Ink writes frames to. */
  readonly frames: NodeJS.WriteStream;
  private shown: readonly string[] = [];
  private wanted: readonly string[] = [];
  private cursor: CursorPlace | undefined;
  private shownCursor: CursorPlace | undefined;
  private entered = false;
  private painted = 0;
  private timer: NodeJS.Timeout | undefined;
  private errors = '';
  private readonly writeError: typeof process.stderr.write;

  constructor(
    private readonly output: NodeJS.WriteStream,
    private readonly errorOutput: NodeJS.WriteStream,
  ) {
    this.writeError = errorOutput.write.bind(errorOutput);
    this.frames = frameStream(this, (frame) => this.show(frame));
    // A terminal that goes away ends the program by its signal.
    output.on('error', () => undefined);
  }

  get columns(): number {
    return this.output.columns || 80;
  }

  get rows(): number {
    return this.output.rows || 24;
  }

  /** Takes the terminal over. What is meant for standard error is kept until it is given back. */
  enter(): void {
    if (this.entered) return;
    this.entered = true;
    this.errorOutput.write = (chunk: string | Uint8Array) => {
      this.errors = (this.errors + Buffer.from(chunk as string).toString()).slice(-maxErrors);
      return true;
    };
    this.output.write(enter);
    process.on('exit', this.leave);
    this.repaint();
  }

  /** Gives the terminal back as it was. Idempotent; works also while the process ends. */
  readonly leave = (): void => {
    if (!this.entered) return;
    this.entered = false;
    clearTimeout(this.timer);
    this.timer = undefined;
    process.off('exit', this.leave);
    writeNow(this.output, leave);
    this.errorOutput.write = this.writeError;
    if (this.errors !== '') writeNow(this.errorOutput, this.errors);
    this.errors = '';
  };

  /** Where the cursor is shown; undefined: nowhere. */
  placeCursor(place: CursorPlace | undefined): void {
    this.cursor = place;
    this.schedule();
  }

  /** Writes everything again. */
  repaint(): void {
    this.shown = [];
    this.shownCursor = undefined;
    this.schedule();
  }

  private show(frame: string): void {
    this.wanted = frame.split('\n');
    this.schedule();
  }

  private schedule(): void {
    if (!this.entered || this.timer) return;
    const wait = Math.max(0, pause - (Date.now() - this.painted));
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.paint();
    }, wait);
  }

  private paint(): void {
    if (this.output.writableNeedDrain) {
      this.output.once('drain', () => this.schedule());
      return;
    }
    this.painted = Date.now();
    const lines: string[] = [];
    for (let row = 0; row < this.rows; row += 1) {
      const line = this.wanted[row] ?? '';
      if (this.shown[row] === line) continue;
      lines.push(`\u001b[${row + 1};1H\u001b[2K${line}\u001b[0m`);
    }
    const { cursor, shownCursor } = this;
    const moved = cursor?.row !== shownCursor?.row || cursor?.column !== shownCursor?.column;
    if (lines.length === 0 && !moved) return;
    this.shown = Array.from({ length: this.rows }, (_, row) => this.wanted[row] ?? '');
    this.shownCursor = cursor;
    const at = cursor ? `\u001b[${cursor.row + 1};${cursor.column + 1}H\u001b[?25h` : '';
    this.output.write(beginFrame + lines.join('') + at + endFrame);
  }
}

/** Ink, told to write whole frames, needs of its output no more than this. */
function frameStream(
  size: { readonly columns: number; readonly rows: number },
  onFrame: (frame: string) => void,
) {
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      if (chunk !== '' && !chunk.startsWith('\u001b[?25')) onFrame(chunk);
      done();
    },
  });
  Object.defineProperties(stream, {
    columns: { get: () => size.columns },
    rows: { get: () => size.rows },
    isTTY: { value: false },
  });
  return stream as unknown as NodeJS.WriteStream;
}

/** Also while the process ends, when streams write no more. */
function writeNow(stream: NodeJS.WriteStream, text: string): void {
  const { fd } = stream as { fd?: number };
  if (fd === undefined) return;
  for (let tries = 0, rest = Buffer.from(text); rest.length > 0 && tries < 1_000; tries += 1) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      // A terminal that is slow takes it soon; one that is gone needs nothing.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}
