import type { Time } from '../../../src/client/types.js';
import { dayName, exactTime } from '../ui/times.js';
import styles from './divider-row.module.css';

export function DayRow({ time }: { readonly time: Time }) {
  return (
    <li className={styles.day} data-row="day">
      <span title={exactTime(time)}>{dayName(time, Date.now())}</span>
    </li>
  );
}
