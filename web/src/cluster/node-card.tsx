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
        <h3 className={styles.name}>{id}</h3>
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
    <>
      <Fact name="Database">
        {size}
        {quota > 0 && ` of ${formatBytes(quota)}`}
        {words}
      </Fact>
      {quota > 0 && (
        <div className={styles.fact}>
          <dt className="hidden-but-read">Share of the room</dt>
          <dd className={styles.share}>
            <span className="hidden-but-read">{share(databaseBytes, quota).toFixed(0)} %</span>
            <svg
              className={classes(styles.bar, styles[space ?? 'ok'])}
              viewBox="0 0 100 4"
              preserveAspectRatio="none"
              aria-hidden="true"
            >
              <rect width="100" height="4" className={styles.room} />
              <rect width={share(databaseBytes, quota)} height="4" className={styles.taken} />
              <rect width={share(databaseBytesInUse, quota)} height="4" className={styles.used} />
            </svg>
          </dd>
        </div>
      )}
    </>
  );
}

/** In hundredths; never so small that it can't be seen. */
function share(bytes: number, quota: number): number {
  return Math.min(100, Math.max(1, (bytes / quota) * 100));
}
