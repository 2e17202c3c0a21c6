import { useKeeping } from '../session/session-context.js';
import styles from './keeping-line.module.css';

/** Where the browser keeps nothing: what follows from it. */
export function KeepingLine() {
  const { lasts } = useKeeping();
  if (lasts) return null;
  return (
    <p className={styles.line} role="status">
      This browser can’t keep messages: what is not sent yet lasts only while this tab is open.
    </p>
  );
}
