import { useEffect, useState, useSyncExternalStore } from 'react';
import { useSession } from '../session/session-context.js';
import { PeopleSearch } from './people-search.js';
import type { PeopleSnapshot } from './people-search.js';

/** Milliseconds after the last key. */
const pause = 120;

export type FoundPeople = PeopleSnapshot & {
  /** These are the people of what is typed now, not of what was typed before. */
  readonly answered: boolean;
  readonly loadMore: () => void;
};

const none: PeopleSnapshot = { people: [], hasMore: true, loading: true, problem: '' };
const never = () => () => undefined;

/** Who is found by what is typed. Until the next answer comes, what was found before stays. */
export function usePeopleSearch(query: string): FoundPeople {
  const { client } = useSession().session;
  const [search, setSearch] = useState<PeopleSearch>();
  useEffect(() => {
    const next = new PeopleSearch(client, query);
    const timer = setTimeout(() => {
      void next.loadMore().then(() => setSearch((before) => (next.closed ? before : next)));
    }, pause);
    return () => {
      clearTimeout(timer);
      next.close();
    };
  }, [client, query]);
  const snapshot = useSyncExternalStore(search?.subscribe ?? never, search?.getSnapshot ?? (() => none));
  const answered = search?.query === query;
  return { ...snapshot, answered, loadMore: () => void search?.loadMore() };
}
