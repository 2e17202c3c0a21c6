import styles from './account/welcome-page.module.css';
import { useApp } from './session/session-context.js';
import { Button } from './ui/button.js';
import { Logo } from './ui/logo.js';
import { Notice } from './ui/notice.js';

/** When what the browser keeps can't be read. */
export function BrokenPage({ message }: { readonly message: string }) {
  const app = useApp();
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Logo size={48} />
        <h1>Holdfast could not start</h1>
        <Notice look="bad">{message}</Notice>
        <Button look="main" onClick={() => void app.reopen()}>
          Try again
        </Button>
      </div>
    </main>
  );
}
