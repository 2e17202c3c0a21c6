import { DownIcon } from '../ui/icons.js';
import styles from './jump-button.module.css';

/** Back to the newest message. */
export function JumpButton({ unread, onJump }: { readonly unread: number; readonly onJump: () => void }) {
  const label =
    unread === 0
      ? 'Newest messages'
      : unread === 1
        ? '1 new message'
        : `${unread.toLocaleString()} new messages`;
  return (
    <button type="button" className={styles.jump} aria-label={label} title={label} onClick={onJump}>
      {unread > 0 && <span>{label}</span>}
      <DownIcon />
    </button>
  );
}
