import { useChat, useSession } from '../session/session-context.js';
import { Button } from '../ui/button.js';
import { Logo } from '../ui/logo.js';
import styles from './empty-pane.module.css';

/** Beside the list while no conversation is open. */
export function EmptyPane() {
  const { saved } = useSession();
  const { conversations, loaded } = useChat();
  const first = loaded && conversations.length === 0;
  return (
    <div className={styles.pane}>
      <Logo size={64} />
      <h2 className={styles.title}>{first ? `Hello, ${saved.username}` : 'Pick a conversation'}</h2>
      <p className={styles.text}>
        {first
          ? 'Others find you by this name. Find somebody to talk to, or note something down for yourself.'
          : 'Or find somebody new to talk to.'}
      </p>
      <Button look="main" onClick={() => document.getElementById('find')?.focus()}>
        Find people
      </Button>
    </div>
  );
}
