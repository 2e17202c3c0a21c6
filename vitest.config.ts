import { defineConfig } from 'vitest/config';

// What is tried on clusters and waits much: two files at a time.
const waiting = [
  'test/kv-etcd/**/*.test.ts',
  'test/etcd/**/*.test.ts',
  'test/engine/**/*.test.ts',
  'test/cli/cluster.test.ts',
  'test/cli/watch-cluster.test.ts',
  'test/integration/tls-cluster.test.ts',
  'test/transfer/etcd.test.ts',
  'test/browser/{outbox,two-people,without-a-node}.test.ts',
];
// Clusters that take the whole machine: their tests come after the others, one file at a time.
const demanding = ['test/robustness/**/*.test.ts', 'test/terminal/failover.test.ts'];
const limits = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...limits,
          name: 'one server',
          include: ['{src,web/src,test,robustness}/**/*.test.ts', 'bench/**/*.test.js'],
          exclude: [...waiting, ...demanding],
          // Many wait for programs that they have started.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...limits,
          name: 'waiting clusters',
          include: waiting,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...limits,
          name: 'demanding clusters',
          include: demanding,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
