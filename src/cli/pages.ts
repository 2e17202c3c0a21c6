import type { Page } from '../client/types.js';

type PageCall<T> = (request: { readonly pageToken: string; readonly pageSize: number }) => Promise<Page<T>>;

/** As much as one answer holds. */
const pageSize = 200;

export type Part = {
  /** At most so many; Infinity: all. */
  readonly limit: number;
  /** Where an earlier part ended. */
  readonly page?: string | undefined;
};

/** Hands out a list in the order of its pages. Returns where the next part begins; empty when there is none. */
export async function eachOf<T>(
  { limit, page: start = '' }: Part,
  page: PageCall<T>,
  take: (item: T) => Promise<void> | void,
): Promise<string> {
  let pageToken = start;
  for (let left = limit; left > 0;) {
    const { items, nextPageToken } = await page({ pageToken, pageSize: Math.min(left, pageSize) });
    for (const item of items) await take(item);
    left -= items.length;
    pageToken = nextPageToken;
    if (pageToken === '') break;
  }
  return pageToken;
}

/** The same, as an array. */
export async function collect<T>(
  part: Part,
  page: PageCall<T>,
): Promise<{ readonly items: readonly T[]; readonly nextPageToken: string }> {
  const items: T[] = [];
  const nextPageToken = await eachOf(part, page, (item) => void items.push(item));
  return { items, nextPageToken };
}
