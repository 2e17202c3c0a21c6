import type { ChatClient } from '../../../src/client/chat-client.js';
import { ClientError } from '../../../src/client/client-error.js';
import { Observable } from '../../../src/client/observable.js';
import type { Account } from '../../../src/client/types.js';
import { readingProblem } from '../ui/reading-problem.js';

export type PeopleSnapshot = {
  readonly people: readonly Account[];
  readonly hasMore: boolean;
  readonly loading: boolean;
  /** Why the last page could not be loaded; empty when it could. */
  readonly problem: string;
};

const pageSize = 40;
/** A page may be empty and still be followed by another: so many are read at once, at most. */
const maxPages = 8;

/** Finds accounts by what a person has typed, a page at a time. */
export class PeopleSearch {
  private readonly view = new Observable(() => this.build());
  readonly subscribe = this.view.subscribe;
  readonly getSnapshot = this.view.getSnapshot;
  private readonly stop = new AbortController();
  private readonly found: Account[] = [];
  private pageToken = '';
  private loading = false;
  private problem = '';

  /** Patterns that are still to be asked for. */
  private readonly patterns: string[];

  constructor(
    private readonly client: Pick<ChatClient, 'listAccounts'>,
    readonly query: string,
  ) {
    this.patterns = patternsOf(query);
  }

  close(): void {
    this.stop.abort();
  }

  get closed(): boolean {
    return this.stop.signal.aborted;
  }

  /** Until there is somebody new, or nobody left. */
  async loadMore(): Promise<void> {
    if (this.loading || this.patterns.length === 0) return;
    const before = this.found.length;
    this.set({ loading: true, problem: '' });
    try {
      for (let page = 0; page < maxPages && this.found.length < before + pageSize / 2; page += 1) {
        if (!(await this.readPage())) break;
      }
      this.set({ loading: false, problem: '' });
    } catch (error) {
      if (this.stop.signal.aborted) return;
      if (!(error instanceof ClientError)) throw error;
      this.set({ loading: false, problem: readingProblem(error) });
    }
  }

  /** False when there was none left. */
  private async readPage(): Promise<boolean> {
    const [pattern] = this.patterns;
    if (pattern === undefined) return false;
    const { pageToken, stop } = this;
    const page = await this.client.listAccounts({ pattern, pageToken, pageSize }, { signal: stop.signal });
    stop.signal.throwIfAborted();
    const known = new Set(this.found.map(({ id }) => id));
    this.found.push(...page.items.filter(({ id }) => !known.has(id)));
    this.pageToken = page.nextPageToken;
    if (page.nextPageToken === '') this.patterns.shift();
    this.view.changed();
    return true;
  }

  private set({ loading, problem }: Pick<PeopleSnapshot, 'loading' | 'problem'>): void {
    this.loading = loading;
    this.problem = problem;
    this.view.changed();
  }

  private build(): PeopleSnapshot {
    const { found, loading, problem, patterns } = this;
    return { people: rank(found, this.query), hasMore: patterns.length > 0, loading, problem };
  }
}

/** What is typed without wildcards is looked for at the beginning of names first, then anywhere in them. */
export function patternsOf(query: string): string[] {
  return /[*?]/.test(query) ? [query] : [`${query}*`, `*${query}*`];
}

/** Whoever is called exactly so comes first. */
function rank(people: readonly Account[], query: string): readonly Account[] {
  const isExact = ({ username }: Account) => username.toLowerCase() === query.toLowerCase();
  return [...people.filter(isExact), ...people.filter((one) => !isExact(one))];
}
