import type { EngineLogger } from './engine-logger.js';

/** Milliseconds in which a warning is repeated at most once. */
const quietTime = 60_000;
const kept = 40;
/** Characters of one line that are kept: a stack trace is longer. */
const lineLimit = 2_000;

const severe = new Set(['error', 'dpanic', 'panic', 'fatal']);

type Line = { readonly severe: boolean; readonly text: string };

/** Takes what an etcd process prints, JSON lines or not, and passes on what an operator should see. */
export class MemberLog {
  private readonly lines: Line[] = [];
  private readonly lastWarned = new Map<string, number>();
  private rest = '';

  constructor(
    private readonly logger: EngineLogger,
    private readonly now: () => number = () => performance.now(),
  ) {}

  push(chunk: string): void {
    const lines = (this.rest + chunk).split('\n');
    this.rest = (lines.pop() ?? '').slice(0, 100 * lineLimit);
    for (const line of lines) if (line.trim() !== '') this.add(line);
  }

  /** The end of the output: its last line may lack an end. */
  end(): void {
    this.push('\n');
  }

  /** Why the process may have ended, in one line; empty when it has not said. */
  reason(): string {
    return (this.lines.findLast((line) => line.severe) ?? this.lines.at(-1))?.text ?? '';
  }

  includes(text: string): boolean {
    return this.lines.some((line) => line.text.includes(text));
  }

  private add(line: string): void {
    const entry = parse(line);
    const { level, msg, error } = entry;
    const text = (error === undefined ? msg : `${msg}: ${error}`).slice(0, lineLimit);
    this.lines.push({ severe: severe.has(level), text });
    if (this.lines.length > kept) this.lines.shift();
    const fields = { etcd: entry.fields };
    if ((level === 'warn' || severe.has(level)) && this.mayWarn(msg))
      this.logger.warn(fields, `etcd: ${text}`);
    else this.logger.debug(fields, `etcd: ${text}`);
  }

  /** etcd repeats some of its warnings many times a second. */
  private mayWarn(message: string): boolean {
    const now = this.now();
    const last = this.lastWarned.get(message);
    if (last !== undefined && now - last < quietTime) return false;
    this.lastWarned.set(message, now);
    return true;
  }
}

type Entry = {
  readonly level: string;
  readonly msg: string;
  readonly error: string | undefined;
  readonly fields: object;
};

/** A line that is not JSON is of the Go runtime or of the parsing of flags; it counts as an error. */
function parse(line: string): Entry {
  try {
    const { level, msg, error, ...rest } = JSON.parse(line) as Record<string, unknown>;
    if (typeof level === 'string' && typeof msg === 'string') {
      const fields = { ...rest, stacktrace: undefined };
      return { level, msg, error: typeof error === 'string' ? error : undefined, fields };
    }
  } catch {
    // As below.
  }
  return { level: 'plain', msg: line.slice(0, lineLimit), error: undefined, fields: {} };
}
