import { useSyncExternalStore } from 'react';
import { useApp } from '../session/session-context.js';
import styles from './new-nodes-line.module.css';

/** Offers to load the page again when there are nodes that it may not call yet. Nothing that was written is lost by it. */
export function NewNodesLine() {
  const { nodes } = useApp();
  const helps = useSyncExternalStore(nodes.subscribe, nodes.getSnapshot);
  if (!helps) return null;
  return (
    <p className={styles.line} role="status">
      <span>A server was added.</span>
      <button type="button" className={styles.load} onClick={() => location.reload()}>
        Load again to use it
      </button>
    </p>
  );
}
