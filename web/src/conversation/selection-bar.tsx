import type { Message } from '../../../src/client/types.js';
import { useSession } from '../session/session-context.js';
import { Button } from '../ui/button.js';
import { copyText } from '../ui/copy-text.js';
import { CloseIcon, CopyIcon } from '../ui/icons.js';
import { IconButton } from '../ui/icon-button.js';
import styles from './selection-bar.module.css';

type SelectionBarProps = {
  readonly messages: readonly Message[];
  readonly selected: ReadonlySet<number>;
  readonly conversationId: string;
  readonly onDone: () => void;
};

/** What can be done with the messages that are selected; in the place of the conversation's head. */
export function SelectionBar({ messages, selected, conversationId, onDone }: SelectionBarProps) {
  const { saved, deletions } = useSession();
  const chosen = messages.filter(({ seq }) => selected.has(seq));
  const own = chosen.every(({ senderId, deleted }) => senderId === saved.accountId && !deleted);
  const none = chosen.length === 0;
  const remove = (forEveryone: boolean) => {
    deletions.add(
      conversationId,
      chosen.map(({ seq }) => seq),
      forEveryone,
    );
    onDone();
  };
  const copy = () => {
    const text = chosen.map((message) => message.text).join('\n');
    void copyText(text);
    onDone();
  };
  return (
    <div className={styles.bar} role="toolbar" aria-label="Selected messages">
      <IconButton label="Stop selecting" onClick={onDone}>
        <CloseIcon />
      </IconButton>
      <h1 className={styles.count} aria-live="polite">
        {chosen.length} selected
      </h1>
      <IconButton label="Copy" disabled={none} onClick={copy}>
        <CopyIcon />
      </IconButton>
      <Button disabled={none} onClick={() => remove(false)}>
        Delete for me
      </Button>
      <Button look="danger" disabled={none || !own} onClick={() => remove(true)}>
        Delete for everyone
      </Button>
    </div>
  );
}
