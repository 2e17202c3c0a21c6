import type { Page } from '../client/types.js';

/** Pages through until there is no more or the limit is reached. */
export async function collect<T>(
  limit: number,
  page: (request: { readonly pageToken: string; readonly pageSize: number }) => Promise<Page<T>>,
): Promise<T[]> {
  const found: T[] = [];
  for (let pageToken = ''; found.length < limit;) {
    const { items, nextPageToken } = await page({ pageToken, pageSize: Math.min(limit - found.length, 200) });
    found.push(...items);
    if (nextPageToken === '') break;
    pageToken = nextPageToken;
  }
  return found.slice(0, limit);
}
