import { Section } from '../ui/section.js';
import { exactTime } from '../ui/times.js';
import styles from './happenings.module.css';
import type { Happening } from './use-cluster.js';

const seconds = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** What has changed while this page was open. */
export function Happenings({
  happenings,
  alone,
}: {
  readonly happenings: readonly Happening[];
  /** There is one node, which nobody should stop. */
  readonly alone: boolean;
}) {
  return (
    <Section title="What happens">
      {happenings.length === 0 ? (
        <p className={styles.quiet}>{alone ? 'All quiet.' : 'All quiet. Stop a node and watch.'}</p>
      ) : (
        <ol className={styles.list}>
          {happenings.map(({ key, time, text }) => (
            <li key={key} className={styles.one}>
              <time className={styles.time} dateTime={new Date(time).toISOString()} title={exactTime(time)}>
                {seconds.format(time)}
              </time>
              {text}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
