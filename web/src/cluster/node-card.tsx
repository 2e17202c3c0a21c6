import type { ClusterNode, ClusterStatus } from '../../../src/client/types.js';
import { classes } from '../ui/classes.js';
import { formatBytes } from './bytes.js';
import { wordFor } from './cluster-picture.js';
import styles from './node-card.module.css';

/** A node in numbers. */
export function NodeCard({ node, status }: { readonly node: ClusterNode; readonly status: ClusterStatus }) {
  const { id, health, version, appliedRevision, serverAddress, webAddress } = node;
  const up = health !== 'unreachable';
  const newest = Math.max(...status.nodes.map((one) => one.appliedRevision));
  const behind = newest - appliedRevision;
  return (
    <li className={classes(styles.card, !up && styles.down, health === 'no-quorum' && styles.cutOff)}>
      <div className={styles.head}>
        <h4 className={styles.name}>{id}</h4>
        <span className={styles.word}>{wordFor(node)}</span>
      </div>
      {up ? (
        <dl className={styles.facts}>
          <Fact name="Applied revision">
            {appliedRevision.toLocaleString()}
            {behind > 0 && <span className={styles.behind}> ({behind.toLocaleString()} behind)</span>}
          </Fact>
          <Database node={node} quota={status.quotaBytes} />
          <Fact name="Version">{version}</Fact>
          {serverAddress !== '' && <Fact name="gRPC">{serverAddress}</Fact>}
          {webAddress !== '' && <Fact name="Web">{webAddress}</Fact>}
        </dl>
      ) : (
        <p className={styles.silent}>
          It does not answer. The others go on, and it catches up when it is back.
        </p>
      )}
    </li>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Database({ node, quota }: { readonly node: ClusterNode; readonly quota: number }) {
  const { databaseBytes, databaseBytesInUse, space } = node;
  const size = formatBytes(databaseBytes);
  const words = { ok: '', low: ', running out of room', full: ', full: sends are refused' }[space ?? 'ok'];
  return (
    <div className={styles.database}>
      <Fact name="Database">
        {size}
        {quota > 0 && ` of ${formatBytes(quota)}`}
        {words}
      </Fact>
      {quota > 0 && (
        <svg
          className={classes(styles.bar, styles[space ?? 'ok'])}
          viewBox="0 0 100 4"
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <rect width="100" height="4" className={styles.room} />
          <rect width={Math.min(100, (databaseBytes / quota) * 100)} height="4" className={styles.taken} />
          <rect
            width={Math.min(100, (databaseBytesInUse / quota) * 100)}
            height="4"
            className={styles.used}
          />
        </svg>
      )}
    </div>
  );
}
