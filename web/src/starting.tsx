import { Logo } from './ui/logo.js';
import styles from './starting.module.css';

/** For the blink in which the browser looks up who is logged in. */
export function Starting() {
  return (
    <main className={styles.page} aria-busy="true" aria-label="Holdfast is starting">
      <Logo size={48} />
    </main>
  );
}
