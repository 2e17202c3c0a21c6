import styles from './divider-row.module.css';

export function NewRow() {
  return (
    <li className={styles.new} data-row="new">
      <span>New messages</span>
    </li>
  );
}
