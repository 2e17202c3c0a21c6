import type { TimelineSnapshot } from '../../../src/client/timeline.js';
import { Avatar } from '../ui/avatar.js';
import { Button } from '../ui/button.js';
import { readingProblem } from '../ui/reading-problem.js';
import styles from './list-edge.module.css';

type ListEdgeProps = {
  readonly side: 'older' | 'newer';
  readonly name: string;
  readonly snapshot: TimelineSnapshot;
  /** Nothing at all is shown yet. */
  readonly empty: boolean;
  readonly onRetry: () => void;
};

/** Above and below what is loaded: more comes, could not come, or there is no more. */
export function ListEdge({ side, name, snapshot, empty, onRetry }: ListEdgeProps) {
  const { problem, loading, hasOlder, hasNewer } = snapshot;
  const more = side === 'older' ? hasOlder : hasNewer;
  if (problem && problem.reason !== 'ACCOUNT_NOT_FOUND' && more) {
    return (
      <div className={styles.edge} role="status">
        <p>Messages could not be loaded. {readingProblem(problem)}</p>
        <Button onClick={onRetry}>Try again</Button>
      </div>
    );
  }
  if (more && !problem && (loading || !empty)) {
    return (
      <div className={styles.edge} aria-hidden="true">
        <span className={styles.spinner} />
      </div>
    );
  }
  if (side === 'newer') return null;
  return (
    <div className={styles.beginning}>
      <Avatar name={name} />
      <p>{empty ? `Say hello to ${name}.` : `This is where your conversation with ${name} begins.`}</p>
    </div>
  );
}
