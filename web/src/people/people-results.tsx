import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { useSession } from '../session/session-context.js';
import { announce } from '../ui/announcer.js';
import { Avatar } from '../ui/avatar.js';
import { Button } from '../ui/button.js';
import { moveFocus } from '../ui/move-focus.js';
import { formatRoute, go } from '../ui/route.js';
import { shortDate } from '../ui/times.js';
import styles from './people-results.module.css';
import { usePeopleSearch } from './use-people-search.js';

const rowHeight = 60;

/** Who is found by what is typed; choosing somebody opens the conversation. */
export function PeopleResults({
  query,
  entered,
  onAnswered,
  onChosen,
}: {
  readonly query: string;
  /** Enter was pressed: the first who is found is chosen, once it is known who that is. */
  readonly entered: boolean;
  /** To an `entered`. */
  readonly onAnswered: () => void;
  readonly onChosen: () => void;
}) {
  const { saved } = useSession();
  const { people, hasMore, loading, problem, answered, loadMore } = usePeopleSearch(query);
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: people.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? -1;
  const nearEnd = people.length > 0 && last > people.length - 10 && problem === '';

  useEffect(() => {
    if (nearEnd) loadMore();
    // Asked again whenever more has come.
  }, [nearEnd, people.length]);

  const [first] = people;
  useEffect(() => {
    if (!entered || !answered) return;
    onAnswered();
    if (!first) return;
    go({ page: 'with', username: first.username });
    onChosen();
    // The callbacks may be others each time.
  }, [entered, answered, first]);

  const nobody = people.length === 0 && !hasMore;
  const count = people.length;
  useEffect(() => {
    if (nobody) announce('Nobody found');
    else if (count > 0) announce(count === 1 ? '1 person found' : `${count} people found`);
  }, [nobody, count]);

  return (
    <nav ref={scroller} className={styles.results} aria-label="People" aria-busy={loading} data-side-list>
      <ul className={styles.rows} style={{ height: virtual.getTotalSize() }} onKeyDown={onKeyDown}>
        {rows.map(({ index, start }) => {
          const person = people[index];
          if (!person) return null;
          const { id, username, createTime } = person;
          return (
            <li key={id} className={styles.row} style={{ transform: `translateY(${start}px)` }}>
              <a href={formatRoute({ page: 'with', username })} className={styles.person} onClick={onChosen}>
                <Avatar name={username} size="small" />
                <span className={styles.text}>
                  <span className={styles.name}>
                    {username}
                    {id === saved.accountId && <span className={styles.self}> (you)</span>}
                  </span>
                  <span className={styles.since}>Here since {shortDate(createTime)}</span>
                </span>
              </a>
            </li>
          );
        })}
      </ul>
      {loading && people.length === 0 && <Waiting />}
      {nobody && (
        <div className={styles.note}>
          <p className={styles.title}>Nobody found</p>
          <p>
            A star stands for any letters, a question mark for one: <code>*smith</code>, <code>b?n</code>
          </p>
        </div>
      )}
      {problem !== '' && <p className={styles.note}>{problem}</p>}
      {hasMore && !loading && (people.length === 0 || problem !== '') && (
        <div className={styles.note}>
          <Button onClick={() => loadMore()}>Look further</Button>
        </div>
      )}
    </nav>
  );
}

/** Quick answers come without it. */
function Waiting() {
  return (
    <div className={styles.waiting} role="status">
      <span className={styles.spinner} aria-hidden="true" />
      <span className="hidden-but-read">Looking for people</span>
    </div>
  );
}

function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  event.preventDefault();
  const moved = moveFocus(event.currentTarget, 'a', event.key === 'ArrowDown' ? 1 : -1);
  if (!moved && event.key === 'ArrowUp') document.getElementById('find')?.focus();
}
