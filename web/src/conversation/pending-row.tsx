import { memo } from 'react';
import type { OutboxEntry } from '../../../src/client/outbox-item.js';
import { useChat, useKeeping, useSession } from '../session/session-context.js';
import { Button } from '../ui/button.js';
import { classes } from '../ui/classes.js';
import { AlertIcon, ClockIcon } from '../ui/icons.js';
import type { RowActions } from './row-view.js';
import { MessageText } from './message-text.js';
import styles from './message-row.module.css';

type PendingRowProps = {
  readonly entry: OutboxEntry;
  readonly first: boolean;
  readonly last: boolean;
  readonly focusable: boolean;
  readonly actions: RowActions;
};

/** A message on its way, or one that was refused. */
export const PendingRow = memo(function PendingRow(props: PendingRowProps) {
  const { entry, first, last, focusable, actions } = props;
  const refused = entry.state === 'refused';
  return (
    <li
      className={classes(
        styles.row,
        styles.own,
        first && styles.first,
        last && styles.last,
        refused && styles.refused,
      )}
      data-row="message"
      data-pending={entry.state}
      tabIndex={focusable ? 0 : -1}
    >
      <div className={styles.bubble}>
        <span className="hidden-but-read">You: </span>
        <MessageText text={entry.text} />
        {refused ? <Refusal entry={entry} onEdit={actions.edit} /> : <OnItsWay entry={entry} />}
      </div>
    </li>
  );
});

function OnItsWay({ entry }: { readonly entry: OutboxEntry }) {
  const { connection } = useChat();
  const { forgettable } = useKeeping();
  const offline = connection.state === 'reconnecting' || connection.state === 'connecting';
  const why = entry.problem?.message ?? '';
  const waits = offline || (entry.state === 'waiting' && why !== '');
  return (
    <span className={styles.state} title={why}>
      <ClockIcon size={13} />
      {waits ? 'Waiting' : 'Sending'}
      {forgettable.has(entry.key) && ', in this tab only'}
    </span>
  );
}

function Refusal({ entry, onEdit }: { readonly entry: OutboxEntry; readonly onEdit: RowActions['edit'] }) {
  const { session } = useSession();
  const { key, text } = entry;
  return (
    <>
      <span className={styles.state} role="alert">
        <AlertIcon size={16} />
        Not sent. {entry.problem?.message}
      </span>
      <span className={styles.choices}>
        <Button onClick={() => onEdit(entry)}>Edit</Button>
        <Button onClick={() => void session.outbox.edit(key, text)}>Try again</Button>
        <Button onClick={() => void session.outbox.drop(key)}>Drop</Button>
      </span>
    </>
  );
}
