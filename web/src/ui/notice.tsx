import type { ReactNode } from 'react';
import { classes } from './classes.js';
import styles from './notice.module.css';

/** A sentence in a box. Bad ones are read out at once, others when the reader pauses. */
export function Notice({
  look = 'plain',
  children,
}: {
  readonly look?: 'plain' | 'good' | 'warn' | 'bad';
  readonly children: ReactNode;
}) {
  return (
    <div role={look === 'bad' ? 'alert' : 'status'} className={classes(styles.notice, styles[look])}>
      {children}
    </div>
  );
}
