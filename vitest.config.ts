import { defineConfig } from 'vitest/config';

// What is tried on members of etcd, or on engines, waits much: two files at a time.
const members = ['test/kv-etcd/**/*.test.ts', 'test/etcd/**/*.test.ts', 'test/engine/**/*.test.ts'];
// Clusters of real nodes take the whole machine: their tests come after the others, one file at a time.
const clusters = [
  'test/robustness/**/*.test.ts',
  'test/cli/cluster.test.ts',
  'test/cli/watch-cluster.test.ts',
  'test/integration/tls-cluster.test.ts',
  'test/terminal/failover.test.ts',
  'test/transfer/etcd.test.ts',
  'test/browser/{outbox,two-people,without-a-node}.test.ts',
];
const limits = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...limits,
          name: 'one server',
          include: ['{src,web/src,test,robustness}/**/*.test.ts', 'bench/**/*.test.js'],
          exclude: [...members, ...clusters],
          // Many wait for programs that they have started.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...limits,
          name: 'members',
          include: members,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...limits,
          name: 'clusters',
          include: clusters,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
