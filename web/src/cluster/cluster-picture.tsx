import type { ClusterNode, ClusterStatus } from '../../../src/client/types.js';
import { classes } from '../ui/classes.js';
import { summaryOf } from './cluster-story.js';
import styles from './cluster-picture.module.css';

const width = 640;
const height = 430;
const middle = { x: width / 2, y: 222 };
const reach = { x: 215, y: 150 };
const radius = 38;

/** What is shown of the picture when there is one node. */
const alone = `0 ${middle.y - 70} ${width} 170`;

type Point = { readonly x: number; readonly y: number };

/** The nodes in a ring; lines go from the one that leads to those that follow. The list below says the same. */
export function ClusterPicture({
  status,
  stale,
}: {
  readonly status: ClusterStatus;
  readonly stale: boolean;
}) {
  const { nodes, faultsToleratedNow } = status;
  const placed = nodes.map((node, at) => ({ node, place: placeOf(at, nodes.length) }));
  const leader = placed.find(({ node }) => node.role === 'leader' && node.health === 'healthy');
  return (
    <svg
      viewBox={nodes.length === 1 ? alone : `0 0 ${width} ${height}`}
      className={classes(styles.picture, stale && styles.stale)}
      role="img"
      aria-label={`Picture of the cluster. ${summaryOf(status)}`}
    >
      {leader &&
        placed
          .filter(({ node }) => node !== leader.node)
          .map(({ node, place }) => <Link key={node.id} from={leader.place} to={place} node={node} />)}
      {nodes.length > 1 && (
        <g className={styles.middle}>
          <circle cx={middle.x} cy={middle.y} r="56" className={styles.plate} />
          <text x={middle.x} y={middle.y + 6} className={styles.number}>
            {faultsToleratedNow}
          </text>
          <text x={middle.x} y={middle.y + 28} className={styles.caption}>
            more may fail
          </text>
        </g>
      )}
      {placed.map(({ node, place }) => (
        <NodeMark key={node.id} node={node} place={place} here={node.id === status.nodeId} />
      ))}
    </svg>
  );
}

function Link({ from, to, node }: { readonly from: Point; readonly to: Point; readonly node: ClusterNode }) {
  const up = node.health === 'healthy';
  const line = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
  return (
    <>
      <line {...line} className={up ? styles.link : styles.broken} />
      {up && <line {...line} key={node.appliedRevision} className={styles.pulse} pathLength="100" />}
    </>
  );
}

type NodeMarkProps = { readonly node: ClusterNode; readonly place: Point; readonly here: boolean };

function NodeMark({ node, place, here }: NodeMarkProps) {
  const { x, y } = place;
  const down = node.health === 'unreachable';
  const look = down ? styles.down : node.health === 'no-quorum' ? styles.cutOff : styles.up;
  const leads = node.role === 'leader' && node.health === 'healthy';
  return (
    <g className={classes(styles.node, look, leads && styles.leader)}>
      {here && !down && <circle cx={x} cy={y} r={radius + 8} className={styles.here} />}
      <circle cx={x} cy={y} r={radius} className={styles.disc} />
      {down ? (
        <path d={`M${x - 10} ${y - 10}l20 20m0 -20l-20 20`} className={styles.cross} />
      ) : (
        <Mark x={x} y={y} leads={leads} />
      )}
      <text x={x} y={y + radius + 24} className={styles.name}>
        {node.id}
      </text>
      <text x={x} y={y + radius + 42} className={styles.role}>
        {wordFor(node)}
        {here && !down ? ' · serves you' : ''}
      </text>
    </g>
  );
}

/** A flag for the leader, a tick for the others. */
function Mark({ x, y, leads }: { readonly x: number; readonly y: number; readonly leads: boolean }) {
  return leads ? (
    <path d={`M${x - 8} ${y + 14}v-28h18l-5 7 5 7h-18`} className={styles.sign} />
  ) : (
    <path d={`M${x - 11} ${y + 1}l8 8 14 -17`} className={styles.sign} />
  );
}

/** What a node is doing, in a word. */
export function wordFor({ health, role }: ClusterNode): string {
  if (health === 'unreachable') return 'Down';
  if (health === 'no-quorum') return 'Cut off';
  switch (role) {
    case 'leader':
      return 'Leads';
    case 'learner':
      return 'Catching up';
    case 'standalone':
      return 'By itself';
    default:
      return 'Follows';
  }
}

/** The first one at the top, the others clockwise; one alone in the middle. */
function placeOf(at: number, count: number): Point {
  if (count === 1) return middle;
  const angle = (at / count) * 2 * Math.PI - Math.PI / 2;
  return { x: middle.x + reach.x * Math.cos(angle), y: middle.y - 20 + reach.y * Math.sin(angle) };
}
