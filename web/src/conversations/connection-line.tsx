import { useEffect, useState } from 'react';
import type { ConnectionView } from '../../../src/client/chat-model.js';
import { useApp, useChat } from '../session/session-context.js';
import { classes } from '../ui/classes.js';
import { ClusterIcon } from '../ui/icons.js';
import { IconLink } from '../ui/icon-link.js';
import styles from './connection-line.module.css';

/** Milliseconds: a shorter break is nobody's concern. */
const patience = 900;

/** Whether the page is in touch with a server, quietly, at the foot of the list. */
export function ConnectionLine() {
  const app = useApp();
  const { connection, waiting } = useChat();
  const { state } = connection;
  const settled = useSettled(state);
  const ended = connection.state === 'ended' && !connection.error.sessionOver;
  return (
    <footer className={styles.line}>
      <p className={classes(styles.state, styles[settled])} role="status">
        <span className={styles.dot} aria-hidden="true" />
        <span>{ended ? connection.error.message : sentence(settled, waiting)}</span>
      </p>
      {ended && (
        <button type="button" className={styles.retry} onClick={() => void app.reopen()}>
          Try again
        </button>
      )}
      <IconLink label="Cluster" href="#/cluster">
        <ClusterIcon />
      </IconLink>
    </footer>
  );
}

/** What to say of trouble with the connection, where the foot of the list is not in sight; undefined: nothing. */
export function useTrouble(): string | undefined {
  const { connection, waiting } = useChat();
  const settled = useSettled(connection.state);
  return settled === 'reconnecting' ? sentence(settled, waiting) : undefined;
}

/** Trouble shows only once it has lasted. */
function useSettled(state: ConnectionView['state']): ConnectionView['state'] {
  const [shown, setShown] = useState(state);
  useEffect(() => {
    if (state === 'connected') {
      setShown(state);
      return;
    }
    const timer = setTimeout(() => setShown(state), patience);
    return () => clearTimeout(timer);
  }, [state]);
  return state === 'connected' ? state : shown;
}

function sentence(state: ConnectionView['state'], waiting: number): string {
  if (state === 'connected') return 'Connected';
  if (state === 'connecting') return 'Connecting…';
  if (waiting === 0) return 'Reconnecting…';
  return `Reconnecting… ${waiting === 1 ? '1 message waits' : `${waiting} messages wait`}`;
}
