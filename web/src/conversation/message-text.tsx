import { memo, useMemo, useState } from 'react';
import { classes } from '../ui/classes.js';
import { beginningOf, isFewEmoji, tokensOf } from './message-tokens.js';
import type { Token } from './message-tokens.js';
import styles from './message-text.module.css';

/** UTF-16 units of a message that are shown before a reader asks for the rest. */
const shownAtFirst = 3_000;

/** A message's text with its links and its code. */
export const MessageText = memo(function MessageText({ text }: { readonly text: string }) {
  const [whole, setWhole] = useState(false);
  const shown = whole ? text : beginningOf(text, shownAtFirst);
  const tokens = useMemo(() => tokensOf(shown), [shown]);
  return (
    <div className={classes(styles.text, isFewEmoji(text) && styles.emoji)} dir="auto">
      {tokens.map((token, at) => (
        <TokenView key={at} token={token} />
      ))}
      {shown.length < text.length && (
        <>
          …{' '}
          <button type="button" className={styles.rest} onClick={() => setWhole(true)}>
            Show all
          </button>
        </>
      )}
    </div>
  );
});

function TokenView({ token }: { readonly token: Token }) {
  switch (token.kind) {
    case 'text':
      return token.text;
    case 'code':
      return <code className={styles.code}>{token.text}</code>;
    case 'block':
      return (
        <pre className={styles.block} dir="ltr">
          <code>{token.text}</code>
        </pre>
      );
    case 'link':
      return (
        <a href={token.href} target="_blank" rel="noopener noreferrer nofollow" className={styles.link}>
          {token.text}
        </a>
      );
  }
}
