// Every figure, in the order in which they are measured.
import { clusterLatency } from './figures/cluster-latency.js';
import { clusterSends } from './figures/cluster-sends.js';
import { delivery } from './figures/delivery.js';
import { diskBytes } from './figures/disk-bytes.js';
import { elections } from './figures/elections.js';
import { failoverGap } from './figures/failover-gap.js';
import { lists } from './figures/lists.js';
import { sends } from './figures/sends.js';
import { startUp } from './figures/start-up.js';
import { subscriberCost } from './figures/subscriber-cost.js';
import { subscriberMemory } from './figures/subscriber-memory.js';

/**
 * Each is { id, title, about, measure(testbed, { rounds, size }) }, where measure resolves to its rows and leaves nothing
 * running but what the testbed owns. `onlyWhenNamed`: takes too long to be measured every time.
 */
export const figures = [
  sends,
  clusterSends,
  clusterLatency,
  delivery,
  failoverGap,
  lists,
  subscriberMemory,
  subscriberCost,
  diskBytes,
  startUp,
  elections,
];
