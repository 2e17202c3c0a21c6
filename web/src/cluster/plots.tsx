import type { ClusterStatus } from '../../../src/client/types.js';
import { Section } from '../ui/section.js';
import { formatBytes } from './bytes.js';
import styles from './cluster-page.module.css';
import { courseOf } from './course.js';
import type { Look } from './course.js';
import { Plot } from './plot.js';

const whole = (value: number) => Math.round(value).toLocaleString();
const perSecond = (value: number) => (value < 9.95 ? value.toFixed(1) : whole(value));

/** The most important figures since this page was opened. `/metrics` and Grafana have all of them. */
export function Plots({
  looks,
  status,
}: {
  readonly looks: readonly Look[];
  readonly status: ClusterStatus;
}) {
  const { changes, behind, bytes, spare } = courseOf(looks);
  const several = status.nodes.length > 1;
  return (
    <Section title="The last five minutes">
      <div className={styles.plots}>
        <Plot name="Changes a second" values={changes} most={1} format={perSecond} />
        {several && (
          <Plot
            name="Nodes that may still fail"
            values={spare}
            most={status.faultsToleratedMax}
            format={whole}
          />
        )}
        {several && <Plot name="Slowest node is behind by" values={behind} most={10} format={whole} />}
        <Plot name="Largest database" values={bytes} most={1} format={formatBytes} />
      </div>
    </Section>
  );
}
