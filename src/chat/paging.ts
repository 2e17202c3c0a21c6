import { ChatError } from './chat-error.js';
import { makeToken, readToken } from './signed-token.js';
import type { PageRequest } from './types.js';

/** What a position consists of: text of a username or an id, or a number from 0. */
type Part = 'text' | 'number';
type PositionOf<Shape extends readonly Part[]> = {
  readonly [K in keyof Shape]: Shape[K] extends 'text' ? string : number;
};

const defaultPageSize = 50;
export const maxPageSize = 200;

/** A page's place in the results of one query, named by its method and arguments (the page size is free). */
export class Paging<const Shape extends readonly Part[] = readonly Part[]> {
  readonly size: number;
  /** What `tokenAt` was given for this page; undefined for the first page. */
  readonly position: PositionOf<Shape> | undefined;

  /** Throws PAGE_SIZE_NEGATIVE, PAGE_TOKEN_INVALID or PAGE_TOKEN_MISMATCH. */
  constructor(
    private readonly query: readonly (string | number)[],
    request: PageRequest,
    /** Of the positions that `tokenAt` is given. */
    shape: Shape,
  ) {
    if (request.pageSize < 0) throw new ChatError('PAGE_SIZE_NEGATIVE');
    this.size = Math.min(request.pageSize === 0 ? defaultPageSize : request.pageSize, maxPageSize);
    if (request.pageToken === '') return;
    const values = readToken('page', request.pageToken);
    if (values?.length !== 2) throw new ChatError('PAGE_TOKEN_INVALID');
    const [owner, position] = values;
    if (owner !== this.owner()) throw new ChatError('PAGE_TOKEN_MISMATCH');
    // Anybody can make a token: what it holds is checked as what a request says is.
    if (!isPosition(position, shape)) throw new ChatError('PAGE_TOKEN_INVALID');
    this.position = position;
  }

  tokenAt(position: PositionOf<Shape>): string {
    return makeToken('page', [this.owner(), position]);
  }

  private owner(): string {
    return makeToken('query', this.query).slice(0, 16);
  }
}

function isPosition<Shape extends readonly Part[]>(value: unknown, shape: Shape): value is PositionOf<Shape> {
  if (!Array.isArray(value) || value.length !== shape.length) return false;
  return shape.every((part, i) => {
    const one: unknown = value[i];
    if (part === 'number') return Number.isSafeInteger(one) && (one as number) >= 0;
    return typeof one === 'string' && /^[A-Za-z0-9._-]{0,32}$/.test(one);
  });
}
