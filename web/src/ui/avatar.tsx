import { classes } from './classes.js';
import styles from './avatar.module.css';

const hues = 8;

/** The first letter on a colour of the name; decoration only. An empty name is a deleted account's. */
export function Avatar({
  name,
  size = 'normal',
}: {
  readonly name: string;
  readonly size?: 'normal' | 'small';
}) {
  const hue = name === '' ? 'gone' : `hue${hueOf(name)}`;
  return (
    <span className={classes(styles.avatar, styles[size], styles[hue])} aria-hidden="true">
      {name === '' ? '–' : name.slice(0, 1).toUpperCase()}
    </span>
  );
}

function hueOf(name: string): number {
  let sum = 0;
  for (const letter of name.toLowerCase()) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % hues;
}
