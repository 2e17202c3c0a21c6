import type { ReactNode } from 'react';
import { BackIcon } from './icons.js';
import { IconLink } from './icon-link.js';
import styles from './pane-head.module.css';

/** The top of what is beside the conversations; on a phone, with the way back to them. */
export function PaneHead({
  title,
  note,
  before,
  children,
}: {
  readonly title: ReactNode;
  readonly note?: ReactNode;
  readonly before?: ReactNode;
  readonly children?: ReactNode;
}) {
  return (
    <header className={styles.head}>
      <IconLink label="Back to conversations" href="#/" className={styles.back}>
        <BackIcon size={22} />
      </IconLink>
      {before}
      <div className={styles.names}>
        <h1 className={styles.title}>{title}</h1>
        {note !== undefined && <p className={styles.note}>{note}</p>}
      </div>
      <div className={styles.actions}>{children}</div>
    </header>
  );
}
