import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import type { Beginning } from '../../../src/client/chat-model.js';
import type { ListedConversation } from '../../../src/client/conversation-list.js';
import { useChat, useSession } from '../session/session-context.js';
import { moveFocus } from '../ui/move-focus.js';
import { formatRoute, useRoute } from '../ui/route.js';
import { ConversationRow } from './conversation-row.js';
import { BeginningRow } from './beginning-row.js';
import { isShown } from './routes.js';
import styles from './conversation-list.module.css';

const rowHeight = 72;

type Item =
  | { readonly kind: 'beginning'; readonly beginning: Beginning }
  | { readonly kind: 'conversation'; readonly conversation: ListedConversation };

/** The conversations, latest activity first. Only rows in sight are elements; further ones load on scrolling. */
export function ConversationList() {
  const { conversations, beginnings, loaded, hasMore } = useChat();
  const route = useRoute();
  const scroller = useRef<HTMLElement>(null);
  const items: readonly Item[] = [
    ...beginnings.map((beginning) => ({ kind: 'beginning' as const, beginning })),
    ...conversations.map((conversation) => ({ kind: 'conversation' as const, conversation })),
  ];
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: (at) => keyOf(items[at]),
  });
  const rows = virtual.getVirtualItems();
  const shown = items.findIndex((item) => item.kind === 'conversation' && isShown(item.conversation, route));
  useShownInSight(shown, (at) => virtual.scrollToIndex(at, { align: 'auto' }));
  useLoadMore(hasMore && (rows.at(-1)?.index ?? 0) > items.length - 12);

  if (loaded && items.length === 0) return <NoConversations />;
  return (
    <nav ref={scroller} className={styles.list} aria-label="Conversations" aria-busy={!loaded} data-side-list>
      {!loaded && items.length === 0 && <Skeleton />}
      <ul className={styles.rows} style={{ height: virtual.getTotalSize() }} onKeyDown={onKeyDown}>
        {rows.map(({ index, key, start }) => {
          const item = items[index];
          if (!item) return null;
          return (
            <li
              key={key}
              className={styles.row}
              style={{ transform: `translateY(${start}px)` }}
              aria-setsize={hasMore ? -1 : items.length}
              aria-posinset={index + 1}
            >
              {item.kind === 'conversation' ? (
                <ConversationRow conversation={item.conversation} />
              ) : (
                <BeginningRow beginning={item.beginning} />
              )}
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** Scrolls to the conversation that is shown when it becomes another one; the list's own changes move nothing. */
function useShownInSight(at: number, scrollTo: (at: number) => void): void {
  const shown = formatRoute(useRoute());
  const seen = useRef('');
  useEffect(() => {
    if (at < 0 || seen.current === shown) return;
    seen.current = shown;
    scrollTo(at);
  });
}

function useLoadMore(wanted: boolean): void {
  const { model } = useSession();
  useEffect(() => {
    if (!wanted) return;
    // What fails is tried again by the next scrolling; the foot of the list says what is wrong.
    model.loadMore().catch(() => undefined);
  }, [wanted, model]);
}

function NoConversations() {
  return (
    <div className={styles.none}>
      <p className={styles.noneTitle}>No conversations yet</p>
      <p>Find somebody by name above, and say hello.</p>
    </div>
  );
}

function Skeleton() {
  return (
    <div aria-hidden="true">
      {[0, 1, 2, 3, 4].map((row) => (
        <div key={row} className={styles.skeleton}>
          <span className={styles.skeletonFace} />
          <span className={styles.skeletonText} />
        </div>
      ))}
    </div>
  );
}

function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    if (moveFocus(event.currentTarget, 'a', event.key === 'ArrowDown' ? 1 : -1)) event.preventDefault();
    else if (event.key === 'ArrowUp') document.getElementById('find')?.focus();
  }
}

function keyOf(item: Item | undefined): string {
  if (!item) return '';
  return item.kind === 'conversation' ? item.conversation.id : `to ${item.beginning.username.toLowerCase()}`;
}
