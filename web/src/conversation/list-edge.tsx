import type { TimelineSnapshot } from '../../../src/client/timeline.js';
import { Avatar } from '../ui/avatar.js';
import { Button } from '../ui/button.js';
import { readingProblem } from '../ui/reading-problem.js';
import styles from './list-edge.module.css';

type ListEdgeProps = {
  readonly side: 'older' | 'newer';
  /** Empty: of a deleted account. */
  readonly name: string;
  /** With oneself. */
  readonly self: boolean;
  readonly snapshot: TimelineSnapshot;
  /** Nothing at all is shown yet. */
  readonly empty: boolean;
  readonly onRetry: () => void;
};

/** Above and below what is loaded: more comes, could not come, or there is no more. */
export function ListEdge({ side, name, self, snapshot, empty, onRetry }: ListEdgeProps) {
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
      <p>{beginningOf(name, self, empty)}</p>
    </div>
  );
}

function beginningOf(name: string, self: boolean, empty: boolean): string {
  if (self) return empty ? 'Note something down: only you see it.' : 'This is where your notes begin.';
  if (empty && name !== '') return `Say hello to ${name}.`;
  return `This is where your conversation with ${name || 'a deleted account'} begins.`;
}
