import { expect, it } from 'vitest';
import { matchesPattern, account } from './testkit.js';
import { PeopleSearch } from './people-search.js';

const everybody = ['abben', 'ben', 'ben2', 'benno', 'cleo', 'dr.ben', 'zed'];

/** Answers like a server, two names a page, and an empty page before the last one. */
function server(asked: string[] = []) {
  return {
    listAccounts: ({ pattern, pageToken = '' }: { pattern: string; pageToken?: string | undefined }) => {
      asked.push(`${pattern} ${pageToken}`.trim());
      const all = everybody.filter((name) => matchesPattern(pattern, name));
      const from = Number(pageToken || 0);
      const items = all.slice(from, from + 2).map(account);
      return Promise.resolve({ items, nextPageToken: from < all.length ? String(from + 2) : '' });
    },
  };
}

const names = (search: PeopleSearch) => search.getSnapshot().people.map(({ username }) => username);

it('finds who begins with it before who has it elsewhere, and nobody twice', async () => {
  const search = new PeopleSearch(server(), 'ben');
  await search.loadMore();
  expect(names(search)).toEqual(['ben', 'ben2', 'benno', 'abben', 'dr.ben']);
  expect(search.getSnapshot()).toMatchObject({ hasMore: false, loading: false, problem: '' });
});

it('takes wildcards as they are', async () => {
  const asked: string[] = [];
  const search = new PeopleSearch(server(asked), '?e*');
  await search.loadMore();
  expect(names(search)).toEqual(['ben', 'ben2', 'benno', 'zed']);
  expect(new Set(asked.map((one) => one.split(' ')[0]))).toEqual(new Set(['?e*']));
});
