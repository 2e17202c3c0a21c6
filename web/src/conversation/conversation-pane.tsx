import { useLayoutEffect, useMemo, useState } from 'react';
import type { OutboxEntry } from '../../../src/client/outbox-item.js';
import type { Target } from '../../../src/client/types.js';
import { useTrouble } from '../conversations/connection-line.js';
import { useSession } from '../session/session-context.js';
import { Avatar } from '../ui/avatar.js';
import { Notice } from '../ui/notice.js';
import { PaneHead } from '../ui/pane-head.js';
import { PaneLoading } from '../ui/pane-loading.js';
import { useHotkeys } from '../ui/use-hotkeys.js';
import { Composer } from './composer.js';
import { draftName } from './draft-name.js';
import { focusIfLost } from './focus.js';
import { MessageList } from './message-list.js';
import { SelectionBar } from './selection-bar.js';
import { useFatedMessages } from './use-fated-messages.js';
import { useTimeline } from './use-timeline.js';
import type { OpenTimeline } from './use-timeline.js';
import styles from './conversation-pane.module.css';

/** A conversation: what was said, and what is being written. */
export function ConversationPane({ target }: { readonly target: Target }) {
  const opened = useTimeline(target);
  return opened ? <OpenConversation {...opened} target={target} /> : <PaneLoading />;
}

function OpenConversation({ timeline, snapshot, target }: OpenTimeline & { readonly target: Target }) {
  const { saved } = useSession();
  const { conversation, problem } = snapshot;
  const trouble = useTrouble();
  const messages = useFatedMessages(snapshot);
  const [editing, setEditing] = useState<OutboxEntry>();
  const [selected, setSelected] = useState<ReadonlySet<number>>();
  const [sent, setSent] = useState(0);

  const hotkeys = useMemo(() => {
    const stop = selected ? () => setSelected(undefined) : editing && (() => setEditing(undefined));
    return stop ? { Escape: stop } : {};
  }, [selected, editing]);
  useHotkeys(hotkeys);

  // With the bar and the boxes goes what had the focus.
  const selecting = selected !== undefined;
  useLayoutEffect(() => {
    if (!selecting) focusIfLost();
  }, [selecting]);

  const name = conversation ? conversation.title : (target.username ?? '');
  const closed = conversation?.closed === true || (conversation !== undefined && name === '');
  const nothing = messages.length === 0 && snapshot.pending.length === 0;
  const unknown = problem?.reason === 'ACCOUNT_NOT_FOUND' && nothing;
  const self = name.toLowerCase() === saved.username.toLowerCase();
  const shownName = name === '' ? 'Deleted account' : name;
  return (
    <div className={styles.conversation}>
      {selected ? (
        <SelectionBar
          messages={messages}
          selected={selected}
          conversationId={timeline.conversationId ?? ''}
          onDone={() => setSelected(undefined)}
        />
      ) : (
        <PaneHead
          title={shownName}
          note={
            <>
              {self && <span className={trouble && styles.onlyWide}>Notes to yourself</span>}
              <span className={styles.trouble} role="status">
                {trouble}
              </span>
            </>
          }
          before={<Avatar name={name} size="small" />}
        />
      )}
      {unknown ? (
        <div className={styles.unknown}>
          <p className={styles.unknownTitle}>There is nobody called {name}</p>
          <p>The name may be misspelt, or the account was deleted.</p>
        </div>
      ) : (
        <MessageList
          name={name}
          self={self}
          timeline={timeline}
          snapshot={snapshot}
          messages={messages}
          selected={selected}
          onSelected={setSelected}
          onEdit={setEditing}
          sent={sent}
        />
      )}
      {closed && (
        <div className={styles.closed}>
          <Notice>This account was deleted. What was said stays; nothing more can be sent.</Notice>
        </div>
      )}
      {!closed && !unknown && (
        <Composer
          key={editing?.key ?? ''}
          name={self ? 'yourself' : shownName}
          draft={draftName(target)}
          timeline={timeline}
          editing={editing}
          onEdited={() => setEditing(undefined)}
          onSent={() => setSent((count) => count + 1)}
        />
      )}
    </div>
  );
}
