import type { Call } from '../history/history.js';
import type { OperationName, PagePosition } from '../history/record.js';

type Paged = Extract<OperationName, 'listMessages' | 'listUnread' | 'listConversations' | 'listAccounts'>;

/** The pages of one list that were answered, from the first one on and none left out. */
export type Listing<O extends Paged> = {
  readonly first: Call<O>;
  readonly last: Call<O>;
  readonly pages: readonly Call<O>[];
  /** It came to its end. */
  readonly whole: boolean;
};

/** Puts the pages of each list together. A page whose predecessor was not answered belongs to none. */
export function listingsOf<O extends Paged>(calls: readonly Call<O>[]): Listing<O>[] {
  const byListing = new Map<string, Call<O>[]>();
  for (const call of calls) {
    if (call.outcome !== 'ok') continue;
    const { listing, number } = (call.request as { readonly page: PagePosition }).page;
    const pages = byListing.get(listing) ?? [];
    if (pages.length === number) byListing.set(listing, [...pages, call]);
  }
  return [...byListing.values()].flatMap((pages) => {
    const [first] = pages;
    const last = pages.at(-1);
    return first && last ? [{ first, last, pages, whole: last.result.more === false }] : [];
  });
}
