import { useDeletions, useSession } from '../session/session-context.js';
import type { Deletion } from '../session/deletions.js';
import { Button } from '../ui/button.js';
import { focusIfLost } from './focus.js';
import styles from './deletion-toasts.module.css';

/** What is being deleted, for as long as something can be done about it. */
export function DeletionToasts() {
  const { open } = useDeletions();
  return (
    <div className={styles.toasts} role="status" aria-label="Deletions">
      {open
        .filter(({ state }) => state !== 'doing')
        .map((deletion) => (
          <Toast key={deletion.key} deletion={deletion} />
        ))}
    </div>
  );
}

function Toast({ deletion }: { readonly deletion: Deletion }) {
  const { deletions } = useSession();
  const { key, state, problem } = deletion;
  if (state === 'failed') {
    return (
      <div className={styles.toast}>
        <p className={styles.text}>Not deleted. {problem}</p>
        <Button onClick={() => deletions.retry(key)}>Try again</Button>
        <Button onClick={() => deletions.dismiss(key)}>Leave it</Button>
      </div>
    );
  }
  return (
    <div
      className={styles.toast}
      onPointerEnter={() => deletions.pause(key)}
      onPointerLeave={() => deletions.resume(key)}
      onFocus={() => deletions.pause(key)}
      onBlur={() => deletions.resume(key)}
    >
      <p className={styles.text}>{sentence(deletion)}</p>
      <Button
        onClick={() => {
          deletions.undo(key);
          requestAnimationFrame(focusIfLost);
        }}
      >
        Undo
      </Button>
      <span className={styles.time} aria-hidden="true" />
    </div>
  );
}

function sentence({ seqs, forEveryone }: Deletion): string {
  const what = seqs.length === 1 ? 'Message' : `${seqs.length} messages`;
  return `${what} deleted ${forEveryone ? 'for everyone' : 'for you'}`;
}
