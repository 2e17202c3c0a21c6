import { ChatError } from './chat-error.js';
import { makeToken, readToken } from './signed-token.js';
import type { PageRequest } from './types.js';

const defaultPageSize = 50;
export const maxPageSize = 200;

/** A page's place in the results of one query, named by its method and arguments (the page size is free). */
export class Paging {
  readonly size: number;
  /** What `tokenAt` was given for this page; undefined for the first page. */
  readonly position: readonly (string | number)[] | undefined;

  /** Throws PAGE_SIZE_NEGATIVE, PAGE_TOKEN_INVALID or PAGE_TOKEN_MISMATCH. */
  constructor(
    private readonly query: readonly (string | number)[],
    request: PageRequest,
  ) {
    if (request.pageSize < 0) throw new ChatError('PAGE_SIZE_NEGATIVE');
    this.size = Math.min(request.pageSize === 0 ? defaultPageSize : request.pageSize, maxPageSize);
    if (request.pageToken === '') return;
    const values = readToken('page', request.pageToken);
    if (values?.length !== 2) throw new ChatError('PAGE_TOKEN_INVALID');
    const [owner, position] = values;
    if (owner !== this.owner()) throw new ChatError('PAGE_TOKEN_MISMATCH');
    this.position = position as readonly (string | number)[];
  }

  tokenAt(position: readonly (string | number)[]): string {
    return makeToken('page', [this.owner(), position]);
  }

  private owner(): string {
    return makeToken('query', this.query).slice(0, 16);
  }
}
