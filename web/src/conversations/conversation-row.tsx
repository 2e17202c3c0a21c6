import { useSyncExternalStore } from 'react';
import type { ListedConversation } from '../../../src/client/conversation-list.js';
import { useDeletions, useSession } from '../session/session-context.js';
import { Avatar } from '../ui/avatar.js';
import { classes } from '../ui/classes.js';
import { formatRoute, useRoute } from '../ui/route.js';
import { briefTime, exactTime } from '../ui/times.js';
import { draftName } from '../conversation/draft-name.js';
import styles from './conversation-row.module.css';
import { oneLine, previewOf } from './preview.js';
import { isShown, routeOf, targetOfConversation } from './routes.js';

/** A conversation in the list: who, when, the last line, and how much is unread. */
export function ConversationRow({ conversation }: { readonly conversation: ListedConversation }) {
  const { saved } = useSession();
  const route = useRoute();
  const draft = useDraft(conversation);
  const { fate } = useDeletions();
  const { id, title, unreadCount, activity } = conversation;
  const target = targetOfConversation(conversation);
  const shown = isShown(conversation, route);
  const own = conversation.lastMessage?.senderId === saved.accountId;
  const last = conversation.lastMessage && fated(conversation.lastMessage, fate(id, conversation.headSeq));
  const name = title === '' ? 'Deleted account' : title;
  const self = title.toLowerCase() === saved.username.toLowerCase();
  const line = previewOf(last);
  return (
    <a
      href={formatRoute(routeOf(target))}
      className={classes(styles.row, shown && styles.shown, unreadCount > 0 && styles.unread)}
      aria-current={shown ? 'page' : undefined}
    >
      <Avatar name={title} />
      <span className={styles.text}>
        <span className={styles.top}>
          <span className={styles.name}>
            {name}
            {self && <span className={styles.self}> (you)</span>}
          </span>
          {activity > 0 && (
            <time
              className={styles.time}
              dateTime={new Date(activity).toISOString()}
              title={exactTime(activity)}
            >
              {briefTime(activity, Date.now())}
            </time>
          )}
        </span>
        <span className={styles.bottom}>
          {draft !== '' && !shown ? (
            <span className={styles.last}>
              <span className={styles.draft}>Draft: </span>
              <bdi>{oneLine(draft)}</bdi>
            </span>
          ) : (
            <span className={classes(styles.last, last?.deleted === true && styles.deleted)}>
              {own && !self && line !== '' && <span>You: </span>}
              <bdi>{line}</bdi>
            </span>
          )}
          {unreadCount > 0 && (
            <span className={styles.badge}>
              {unreadCount > 99 ? '99+' : unreadCount}
              <span className="hidden-but-read"> unread</span>
            </span>
          )}
        </span>
      </span>
    </a>
  );
}

type Last = NonNullable<ListedConversation['lastMessage']>;

function fated(message: Last, fate: 'hidden' | 'deleted' | undefined): Last | undefined {
  if (fate === 'hidden') return undefined;
  return fate === 'deleted' ? { ...message, deleted: true, text: '' } : message;
}

function useDraft(conversation: ListedConversation): string {
  const { drafts } = useSession();
  useSyncExternalStore(drafts.subscribe, drafts.getVersion);
  return drafts.get(draftName(targetOfConversation(conversation)));
}
