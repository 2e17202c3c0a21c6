import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { OutboxEntry } from '../../../src/client/outbox-item.js';
import type { Timeline, TimelineSnapshot } from '../../../src/client/timeline.js';
import type { Message } from '../../../src/client/types.js';
import { useSession } from '../session/session-context.js';
import { classes } from '../ui/classes.js';
import { useVisible } from '../ui/use-visible.js';
import { JumpButton } from './jump-button.js';
import { ListEdge } from './list-edge.js';
import { onListKey } from './list-keys.js';
import { RowView } from './row-view.js';
import { rowsOf } from './rows.js';
import { ScrollKeeper } from './scroll-keeper.js';
import { useNewLine } from './use-new-line.js';
import { useRowFocus } from './use-row-focus.js';
import styles from './message-list.module.css';

type MessageListProps = {
  /** Of the other person; empty when the account was deleted. */
  readonly name: string;
  /** With oneself. */
  readonly self: boolean;
  readonly timeline: Timeline;
  readonly snapshot: TimelineSnapshot;
  readonly messages: readonly Message[];
  /** Undefined while nothing is being selected. */
  readonly selected: ReadonlySet<number> | undefined;
  readonly onSelected: (selected: ReadonlySet<number>) => void;
  readonly onEdit: (entry: OutboxEntry) => void;
  /** Another number each time that the reader has sent something. */
  readonly sent: number;
};

/** Screens above and below what is in sight that are loaded before they are reached. */
const ahead = 2;

/**
 * What was said, newest at the bottom. The timeline holds a part of the conversation, a few hundred messages,
 * and only these are elements; near an end of it more is loaded, and the other end is given up.
 */
export function MessageList(props: MessageListProps) {
  const { name, self, timeline, snapshot, messages, selected, onSelected, onEdit, sent } = props;
  const { saved, deletions } = useSession();
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const keeper = useRef<ScrollKeeper>(undefined);
  const [atBottom, setAtBottom] = useState(true);
  const visible = useVisible();
  const newAfter = useNewLine(snapshot, visible, sent);
  const { pending, hasOlder, loading, problem } = snapshot;
  // Before anything is loaded, what waits to be sent is all there is.
  const hasNewer = snapshot.hasNewer && messages.length > 0;

  const rows = useMemo(
    () =>
      rowsOf({
        messages,
        hasOlder,
        pending: hasNewer ? [] : pending,
        accountId: saved.accountId,
        newAfter,
      }),
    [messages, hasOlder, pending, hasNewer, saved.accountId, newAfter],
  );

  useLayoutEffect(() => {
    if (!scroller.current || !content.current) return;
    const made = new ScrollKeeper(scroller.current, content.current);
    keeper.current = made;
    return () => made.close();
  }, []);

  useLayoutEffect(() => {
    if (!keeper.current) return;
    keeper.current.atEnd = !hasNewer;
    keeper.current.restore();
  }, [rows, hasNewer]);

  // The line above what is new is where reading begins, unless the reader is somewhere else by now.
  const hasLine = rows.some(({ kind }) => kind === 'new');
  useLayoutEffect(() => {
    const line = content.current?.querySelector('[data-row="new"]');
    if (line && keeper.current) keeper.current.begin(line, 72);
  }, [newAfter, hasLine]);

  // While nobody looked, more may have been said than is kept.
  useLayoutEffect(() => {
    const shown = timeline.getSnapshot();
    const beyond = shown.hasOlder && (shown.messages[0]?.seq ?? 0) > (newAfter ?? Infinity) + 1;
    if (beyond && keeper.current?.atBottom) void timeline.showUnread();
  }, [newAfter, timeline]);

  const look = useRef<() => void>(ignore);
  useEffect(() => {
    look.current = () => {
      const box = scroller.current;
      const kept = keeper.current;
      if (!box || !kept || messages.length === 0) return;
      setAtBottom(kept.atBottom);
      const { scrollTop, scrollHeight, clientHeight } = box;
      if (!loading && !problem) {
        const below = scrollHeight - scrollTop - clientHeight;
        if (hasOlder && scrollTop < clientHeight * ahead) void timeline.loadOlder();
        else if (hasNewer && below < clientHeight * ahead) void timeline.loadNewer();
      }
      const { conversation } = snapshot;
      const seen = kept.atBottom ? messages.at(-1)?.seq : lastSeqOf(kept);
      // What is about to be replaced was not what the reader sees.
      const settled = !timeline.getSnapshot().loading;
      if (visible && settled && conversation && seen !== undefined && seen > conversation.readSeq)
        timeline.markRead(seen);
    };
    look.current();
  });

  const onScroll = () => {
    keeper.current?.remember();
    look.current();
  };

  const jump = () => {
    if (!hasNewer) {
      keeper.current?.toBottom();
      return;
    }
    void timeline.showLatest().then(() => requestAnimationFrame(() => keeper.current?.toBottom()));
  };

  const onFocus = useRowFocus(content);

  const answered = useRef(0);
  useLayoutEffect(() => {
    if (sent === answered.current) return;
    answered.current = sent;
    jump();
  });

  const toBeginning = () => {
    const show = () => {
      keeper.current?.toTop();
      content.current?.querySelector<HTMLElement>('[data-row="message"]')?.focus({ preventScroll: true });
    };
    if (keeper.current) keeper.current.atBottom = false;
    if (!hasOlder) show();
    else void timeline.showFrom(0).then(() => requestAnimationFrame(show));
  };

  const actions = useMemo(
    () => ({
      select: (seq: number, from?: ReadonlySet<number>) => {
        const next = new Set(from);
        if (!next.delete(seq)) next.add(seq);
        onSelected(next);
      },
      remove: (message: Message, forEveryone: boolean) => {
        deletions.add(message.conversationId, [message.seq], forEveryone);
      },
      edit: onEdit,
    }),
    [onSelected, onEdit, deletions],
  );

  const last = rows.findLast(({ kind }) => kind === 'message' || kind === 'pending');
  const unread = snapshot.conversation?.unreadCount ?? 0;
  return (
    <div className={styles.frame}>
      <div ref={scroller} className={styles.scroller} onScroll={onScroll}>
        <ListEdge
          side="older"
          name={name}
          self={self}
          snapshot={snapshot}
          empty={rows.length === 0}
          onRetry={() => void (messages.length === 0 ? timeline.showLatest() : timeline.loadOlder())}
        />
        <ol
          ref={content}
          className={classes(styles.rows, selected && styles.selecting)}
          aria-label={`Messages with ${name || 'Deleted account'}`}
          onFocus={onFocus}
          onKeyDown={(event) =>
            onListKey(event, {
              Home: toBeginning,
              End: jump,
              select: (seq) => actions.select(seq, selected),
            })
          }
        >
          {rows.map((row) => (
            <RowView
              key={row.key}
              row={row}
              accountId={saved.accountId}
              selected={selected}
              focusable={row === last}
              actions={actions}
            />
          ))}
        </ol>
        {hasNewer && (
          <ListEdge
            side="newer"
            name={name}
            self={self}
            snapshot={snapshot}
            empty={false}
            onRetry={() => void timeline.loadNewer()}
          />
        )}
      </div>
      {(!atBottom || hasNewer) && messages.length > 0 && <JumpButton unread={unread} onJump={jump} />}
    </div>
  );
}

const ignore = () => undefined;

/** The last message in sight. */
function lastSeqOf(keeper: ScrollKeeper): number | undefined {
  const seqs = keeper.inSight().map(({ element }) => (element as HTMLElement).dataset.seq);
  const last = seqs.findLast((seq) => seq !== undefined);
  return last === undefined ? undefined : Number(last);
}
