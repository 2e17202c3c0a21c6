import type { Beginning } from '../../../src/client/chat-model.js';
import { Avatar } from '../ui/avatar.js';
import { classes } from '../ui/classes.js';
import { formatRoute, useRoute } from '../ui/route.js';
import styles from './conversation-row.module.css';

/** Somebody whom messages wait for, before the first one has arrived. */
export function BeginningRow({ beginning: { username, pending } }: { readonly beginning: Beginning }) {
  const route = useRoute();
  const shown = route.page === 'with' && route.username.toLowerCase() === username.toLowerCase();
  return (
    <a
      href={formatRoute({ page: 'with', username })}
      className={classes(styles.row, shown && styles.shown)}
      aria-current={shown ? 'page' : undefined}
    >
      <Avatar name={username} />
      <span className={styles.text}>
        <span className={styles.name}>{username}</span>
        <span className={classes(styles.last, styles.deleted)}>
          {pending === 1 ? 'A message is not sent yet' : `${pending} messages are not sent yet`}
        </span>
      </span>
    </a>
  );
}
