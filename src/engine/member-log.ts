import type { EngineLogger } from './engine-logger.js';

/** Milliseconds in which a warning is repeated at most once. */
const quietTime = 60_000;
/** Characters of one line that are kept: a stack trace is longer. */
const lineLimit = 2_000;

const severe = new Set(['error', 'dpanic', 'panic', 'fatal']);

/** Warnings of what is meant to be so, or is ordinary while members come and go. */
const ordinary = new Set([
  'Running http and grpc server on single port. This is not recommended for production.',
  'simple token is not cryptographically signed',
  'apply request took too long',
  'request stats',
  'failed to lock file',
  'established TCP streaming connection with remote peer',
  'closed TCP streaming connection with remote peer',
  'lost TCP streaming connection with remote peer',
  'failed to find remote peer in cluster',
  'failed to process Raft message',
  'stopping insecure grpc server due to error',
  'stopped insecure grpc server due to error',
  'prober detected unhealthy status',
  'failed to reach the peer URL',
  'failed to get version',
  'failed to parse cluster version of remote member',
  'failed to publish local member to cluster through raft',
  'failed to apply request',
  'leader did not receive a response from peer',
  'timed out sending read state',
  'timed out waiting for read index response (local node might have slow network)',
  'ignored out-of-date read index response; local node read indexes queueing up and waiting to be in sync with leader',
  'waiting for ReadIndex response took too long, retrying',
]);

/** Takes what an etcd process prints, JSON lines or not, and passes on what an operator should see. */
export class MemberLog {
  /** The process was told to end: what it warns of now is of that. */
  ending = false;
  private readonly lastWarned = new Map<string, number>();
  private rest = '';
  private severe: string | undefined;
  private failed: string | undefined;
  private plain: string | undefined;

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

  /** Why the process may have ended, in one line; empty when it has not said. `killed`: a signal ended it. */
  reason(killed: boolean): string {
    return this.severe ?? (killed ? undefined : (this.failed ?? this.plain)) ?? '';
  }

  private add(line: string): void {
    const entry = parse(line);
    if (!entry) {
      this.addPlain(line.trim().slice(0, lineLimit));
      return;
    }
    const { level, msg, error, fields } = entry;
    const text = (error === undefined ? msg : `${msg}: ${error}`).slice(0, lineLimit);
    const isSevere = severe.has(level);
    if (isSevere) this.severe = text;
    else if (level === 'warn' && error !== undefined && !ordinary.has(msg)) this.failed = text;
    const matters = isSevere || (level === 'warn' && !ordinary.has(msg));
    if (matters && !this.ending && this.mayWarn(msg)) this.logger.warn({ etcd: fields }, `etcd: ${text}`);
    else this.logger.debug({ etcd: fields }, `etcd: ${text}`);
  }

  /** Of the Go runtime, or of the parsing of flags; the first says most. */
  private addPlain(line: string): void {
    const [, crash] = /^(?:panic|fatal error): (.*)/.exec(line) ?? [];
    // etcd has said the same with its cause, unless the runtime has found it.
    if (crash !== undefined && !this.severe?.startsWith(crash)) this.severe = line;
    this.plain ??= line;
    this.logger.debug({}, `etcd: ${line}`);
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

function parse(line: string): Entry | undefined {
  try {
    const { level, msg, error, ...rest } = JSON.parse(line) as Record<string, unknown>;
    if (typeof level !== 'string' || typeof msg !== 'string') return undefined;
    const fields = { ...rest, stacktrace: undefined };
    return { level, msg, error: typeof error === 'string' ? error : undefined, fields };
  } catch {
    return undefined;
  }
}
