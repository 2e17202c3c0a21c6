import styles from './pane-loading.module.css';

export function PaneLoading() {
  return (
    <div className={styles.loading} role="status">
      <span className={styles.spinner} aria-hidden="true" />
      <span className="hidden-but-read">Loading</span>
    </div>
  );
}
