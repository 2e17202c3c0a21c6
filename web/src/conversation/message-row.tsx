import { memo } from 'react';
import type { Message } from '../../../src/client/types.js';
import { classes } from '../ui/classes.js';
import { copyText } from '../ui/copy-text.js';
import { CheckIcon, CopyIcon, MoreIcon, SelectIcon, TrashIcon } from '../ui/icons.js';
import { MenuButton } from '../ui/menu-button.js';
import type { MenuEntry } from '../ui/menu.js';
import { clockTime, exactTime } from '../ui/times.js';
import type { RowActions } from './row-view.js';
import { MessageText } from './message-text.js';
import styles from './message-row.module.css';

type MessageRowProps = {
  readonly message: Message;
  readonly own: boolean;
  readonly first: boolean;
  readonly last: boolean;
  /** Undefined while nothing is being selected. */
  readonly selected: boolean | undefined;
  readonly selection: ReadonlySet<number> | undefined;
  readonly focusable: boolean;
  readonly actions: RowActions;
};

/** A message that is stored. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, own, first, last, selected, selection, focusable, actions } = props;
  const { seq, text, deleted, createTime, sender, senderDeleted } = message;
  const who = own ? 'You' : senderDeleted ? 'Deleted account' : sender;
  const selecting = selected !== undefined;
  return (
    <li
      className={classes(
        styles.row,
        own ? styles.own : styles.other,
        first && styles.first,
        last && styles.last,
        selected === true && styles.selected,
      )}
      data-row="message"
      data-seq={seq}
      tabIndex={focusable ? 0 : -1}
      onClick={selecting ? () => actions.select(seq, selection) : undefined}
    >
      {selecting && (
        <input
          type="checkbox"
          className={styles.check}
          checked={selected}
          readOnly
          aria-label={`Select the message of ${who}, ${clockTime(createTime)}`}
        />
      )}
      <div className={styles.bubble}>
        <span className="hidden-but-read">{who}: </span>
        {deleted ? <em className={styles.gone}>Message deleted</em> : <MessageText text={text} />}
        {last && (
          <span className={styles.foot}>
            <time dateTime={new Date(createTime).toISOString()} title={exactTime(createTime)}>
              {clockTime(createTime)}
            </time>
            {own && !deleted && (
              <>
                <CheckIcon size={14} />
                <span className="hidden-but-read">Sent</span>
              </>
            )}
          </span>
        )}
      </div>
      {!selecting && (
        <div className={styles.side}>
          <MenuButton
            className={styles.more}
            label="What to do with this message"
            tabIndex={-1}
            entries={() => entriesOf(message, own, actions)}
          >
            <MoreIcon size={18} />
          </MenuButton>
          <time className={styles.exact} dateTime={new Date(createTime).toISOString()}>
            {exactTime(createTime)}
          </time>
        </div>
      )}
    </li>
  );
});

function entriesOf(message: Message, own: boolean, actions: RowActions): readonly MenuEntry[] {
  const { seq, text, deleted } = message;
  const copy = () => {
    void copyText(text);
  };
  return [
    ...(deleted ? [] : [{ label: 'Copy text', icon: <CopyIcon size={18} />, onSelect: copy }]),
    { label: 'Select', icon: <SelectIcon size={18} />, onSelect: () => actions.select(seq) },
    {
      label: 'Delete for me',
      icon: <TrashIcon size={18} />,
      danger: true,
      onSelect: () => actions.remove(message, false),
    },
    ...(own && !deleted
      ? [
          {
            label: 'Delete for everyone',
            icon: <TrashIcon size={18} />,
            danger: true,
            onSelect: () => actions.remove(message, true),
          },
        ]
      : []),
  ];
}
