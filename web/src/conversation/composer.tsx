import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { ComponentProps, KeyboardEvent } from 'react';
import { ClientError } from '../../../src/client/client-error.js';
import { maxTextBytes } from '../../../src/client/message-text.js';
import type { OutboxEntry } from '../../../src/client/outbox-item.js';
import type { Timeline } from '../../../src/client/timeline.js';
import { EmojiMenu } from '../later.js';
import { useSession } from '../session/session-context.js';
import { CloseIcon, SendIcon, SmileIcon } from '../ui/icons.js';
import { IconButton } from '../ui/icon-button.js';
import { LaterPart } from '../ui/later-part.js';
import styles from './composer.module.css';

type ComposerProps = {
  /** Who is written to. */
  readonly name: string;
  /** What the draft is kept under. */
  readonly draft: string;
  readonly timeline: Timeline;
  /** A message of the outbox that gets another text; undefined for a new one. */
  readonly editing: OutboxEntry | undefined;
  readonly onEdited: () => void;
  readonly onSent: () => void;
};

/** Bytes from which on the room that is left is shown. */
const closeToFull = maxTextBytes - 1_024;
const encoder = new TextEncoder();
const notKept = 'This browser could not keep the message. Copy it, and load the page again.';

/** Where a message is written. Enter sends, Shift+Enter begins a line. */
export function Composer({ name, draft, timeline, editing, onEdited, onSent }: ComposerProps) {
  const { session, drafts } = useSession();
  const written = useSyncExternalStore(drafts.subscribe, () => drafts.get(draft));
  const [edited, setEdited] = useState(editing?.text ?? '');
  const text = editing ? edited : written;
  const [problem, setProblem] = useState('');
  // Asked for before it was there: it opens when it is.
  const [emojiAsked, setEmojiAsked] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const bytes = text.length * 3 < closeToFull ? 0 : encoder.encode(text).length;
  const over = bytes - maxTextBytes;
  const ready = text.trim() !== '' && over <= 0;

  const write = (next: string) => {
    setProblem('');
    if (editing) setEdited(next);
    else drafts.set(draft, next);
  };

  const send = async () => {
    if (!ready) return;
    setProblem('');
    try {
      if (editing) {
        if (await session.outbox.edit(editing.key, text)) onEdited();
        else setProblem('It is too late to change this message: it is on its way.');
        return;
      }
      const sending = drafts.send(draft, (taken) => timeline.send(taken));
      onSent();
      await sending;
    } catch (error) {
      setProblem(error instanceof ClientError ? error.message : notKept);
    }
  };

  useLayoutEffect(() => {
    const { current } = field;
    if (!current) return;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight}px`;
  }, [text]);
  useEffect(() => {
    if (editing || matchMedia('(pointer: fine)').matches) field.current?.focus({ preventScroll: true });
  }, [editing]);

  const onKeyDown = (event: KeyboardEvent) => {
    // Enter also ends the choice of a character in input methods.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void send();
    } else if (event.key === 'ArrowUp' && text === '' && !event.altKey && !event.ctrlKey && !event.metaKey) {
      const rows = document.querySelectorAll<HTMLElement>('[data-row="message"]');
      event.preventDefault();
      rows[rows.length - 1]?.focus();
    }
  };

  const insert = (emoji: string) => {
    const { current } = field;
    const [from, to] = [current?.selectionStart ?? text.length, current?.selectionEnd ?? text.length];
    write(text.slice(0, from) + emoji + text.slice(to));
    requestAnimationFrame(() => {
      current?.focus();
      current?.setSelectionRange(from + emoji.length, from + emoji.length);
    });
  };

  return (
    <div className={styles.composer}>
      {editing && (
        <div className={styles.editing}>
          <span>Change the message that was not sent</span>
          <IconButton label="Leave it as it is" onClick={onEdited}>
            <CloseIcon size={16} />
          </IconButton>
        </div>
      )}
      <div className={styles.box}>
        <LaterPart
          waiting={<EmojiButton onClick={() => setEmojiAsked(true)} />}
          failed={(retry) => (
            <EmojiButton
              onClick={() => {
                setEmojiAsked(true);
                retry?.();
              }}
            />
          )}
        >
          <EmojiMenu trigger={<EmojiButton />} defaultOpen={emojiAsked} onPick={insert} />
        </LaterPart>
        <textarea
          ref={field}
          id="compose"
          className={styles.field}
          rows={1}
          aria-label={`Message to ${name}`}
          aria-invalid={over > 0}
          aria-describedby={problem !== '' || bytes > closeToFull ? 'compose-note' : undefined}
          placeholder="Write a message"
          enterKeyHint="send"
          dir="auto"
          value={text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <IconButton label="Send" className={styles.send} disabled={!ready} onClick={() => void send()}>
          <SendIcon />
        </IconButton>
      </div>
      {(problem !== '' || bytes > closeToFull) && (
        <p id="compose-note" className={styles.note} role="status" data-over={over > 0 || problem !== ''}>
          {problem !== '' ? problem : roomLeft(over)}
        </p>
      )}
    </div>
  );
}

function EmojiButton(props: ComponentProps<'button'>) {
  return (
    <IconButton label="Emoji" {...props}>
      <SmileIcon size={22} />
    </IconButton>
  );
}

function roomLeft(over: number): string {
  if (over > 0) return `${over.toLocaleString()} bytes too long: send it in parts.`;
  return `${(-over).toLocaleString()} bytes left.`;
}
