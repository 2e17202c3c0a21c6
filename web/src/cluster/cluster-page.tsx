import { Notice } from '../ui/notice.js';
import { PaneHead } from '../ui/pane-head.js';
import { PaneLoading } from '../ui/pane-loading.js';
import { Section } from '../ui/section.js';
import { ClusterPicture } from './cluster-picture.js';
import { summaryOf } from './cluster-story.js';
import { Happenings } from './happenings.js';
import { NodeCard } from './node-card.js';
import { Plots } from './plots.js';
import styles from './cluster-page.module.css';
import { useCluster } from './use-cluster.js';

/** The nodes as a picture and as a list, live: a person can kill nodes and watch it heal. */
export function ClusterPage() {
  const { status, problem, happenings, looks } = useCluster();
  return (
    <div className={styles.page}>
      <PaneHead title="Cluster" note={problem !== '' ? 'Not up to date' : status ? 'Live' : 'Looking…'} />
      {!status && problem === '' && <PaneLoading />}
      <div className={styles.scroller} tabIndex={0} role="region" aria-label="How the cluster is">
        <div className={styles.body}>
          {problem !== '' && <Notice look="warn">{problem}</Notice>}
          {status && (
            <>
              <h2 className={styles.summary}>
                {problem === '' ? summaryOf(status) : 'The nodes as they were last seen'}
              </h2>
              <ClusterPicture status={status} stale={problem !== ''} />
              <Section title="Nodes">
                <ul className={styles.nodes}>
                  {status.nodes.map((node) => (
                    <NodeCard key={node.id} node={node} status={status} />
                  ))}
                </ul>
              </Section>
              <Plots looks={looks} status={status} />
              <Happenings happenings={happenings} alone={status.nodes.length === 1} />
            </>
          )}
        </div>
      </div>
    </div>
  );
}
