import { makeToken, readToken } from './signed-token.js';

const maxSegments = 64;

/** From this conversation id to the next segment's. */
type Segment = {
  readonly from: string;
  /** Everything up to this revision has been delivered. */
  readonly base: number;
  /** For a single conversation: its messages up to this one have been delivered, whatever the base. */
  readonly seq: number | undefined;
};

export type ParsedPosition = {
  readonly accountId: string;
  readonly incarnation: string;
  readonly position: Position;
  /** The highest revision in it. */
  readonly newest: number;
};

/** The conversation id that comes next after this one, in order. */
function after(conversationId: string): string {
  return `${conversationId}\0`;
}

/**
 * How far a subscriber is: a revision that it has everything up to, by ranges of conversation ids. While
 * it catches up, in their order, those done are ahead of those to come. A catch-up cut off leaves ranges
 * behind; the next one starts with them.
 */
export class Position {
  /** The last one that was asked for: of many subscribers that wait, most are at the same revision. */
  private static last: { readonly revision: number; readonly position: Position } | undefined;

  private constructor(private readonly segments: readonly Segment[]) {}

  /** Everything up to the revision. */
  static at(revision: number): Position {
    if (Position.last?.revision !== revision) {
      const position = new Position([{ from: '', base: revision, seq: undefined }]);
      Position.last = { revision, position };
    }
    return Position.last.position;
  }

  /** The messages up to the given ones, of all other conversations none. */
  static of(cursors: ReadonlyMap<string, number>): Position {
    const sorted = [...cursors].sort(([a], [b]) => (a < b ? -1 : 1));
    return new Position([
      { from: '', base: 0, seq: undefined },
      ...sorted.flatMap(([id, seq]): Segment[] => [
        { from: id, base: 0, seq },
        { from: after(id), base: 0, seq: undefined },
      ]),
    ]);
  }

  /** What has been delivered of a conversation. */
  find(conversationId: string): { readonly base: number; readonly seq: number | undefined } {
    return this.segments[this.indexOf(conversationId)] ?? { base: 0, seq: undefined };
  }

  /** The segment that holds a conversation. */
  private indexOf(conversationId: string): number {
    let low = 0;
    let high = this.segments.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      const segment = this.segments[middle];
      if (segment && segment.from <= conversationId) low = middle;
      else high = middle;
    }
    return low;
  }

  /**
   * The conversations before this one are delivered up to the revision, and this one's messages up to seq.
   * Undefined when that would be too long for a token: then it would cost as much for each message, for nothing.
   */
  within(conversationId: string, seq: number, revision: number): Position | undefined {
    const next = after(conversationId);
    const start = this.indexOf(next) + 1;
    if (this.segments.length - start + 3 > maxSegments) return undefined;
    const rest = this.segments.slice(start);
    const follower = this.find(next);
    return new Position([
      { from: '', base: revision, seq: undefined },
      { from: conversationId, base: this.find(conversationId).base, seq },
      { from: next, base: follower.base, seq: follower.seq },
      ...rest,
    ]);
  }

  /** Empty when it would be too long. */
  token(accountId: string, incarnation: string): string {
    if (this.segments.length > maxSegments) return '';
    const flat = this.segments.map(({ from, base, seq }) => [from, base, seq ?? null]);
    return makeToken('resume', [accountId, incarnation, flat]);
  }

  /** What `token` was given; undefined when this service did not make the token. */
  static parse(token: string): ParsedPosition | undefined {
    const [accountId, incarnation, flat] = readToken('resume', token) ?? [];
    if (typeof accountId !== 'string' || typeof incarnation !== 'string' || !Array.isArray(flat)) {
      return undefined;
    }
    const segments = parseSegments(flat);
    if (!segments) return undefined;
    const newest = Math.max(0, ...segments.map(({ base }) => base));
    return { accountId, incarnation, position: new Position(segments), newest };
  }
}

/** Anybody can make a token: what it holds is checked as what a request says is. */
function parseSegments(flat: readonly unknown[]): Segment[] | undefined {
  const segments: Segment[] = [];
  if (flat.length === 0 || flat.length > maxSegments) return undefined;
  for (const one of flat) {
    if (!Array.isArray(one) || one.length !== 3) return undefined;
    const [from, base, seq] = one as unknown[];
    const before = segments.at(-1);
    if (typeof from !== 'string' || (before ? from <= before.from : from !== '')) return undefined;
    if (!isCount(base) || (seq !== null && !isCount(seq))) return undefined;
    segments.push({ from, base, seq: seq ?? undefined });
  }
  return segments;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
