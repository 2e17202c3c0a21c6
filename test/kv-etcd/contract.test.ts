import { beforeAll } from 'vitest';
import { storeContract } from '../../src/kv/contract/store-contract.js';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import { EtcdCluster } from '../testkit/etcd-cluster.js';

let cluster: EtcdCluster;
let places = 0;

beforeAll(async () => {
  cluster = await EtcdCluster.start(5);
  return () => cluster.stop();
});

storeContract({
  name: 'etcd',
  capabilities: { feedSurvivesReopen: true },
  createPlace: () => {
    places += 1;
    const prefix = `test${places}/`;
    // Another member each time, so that the leader and those that pass on to it both have their turn.
    const { client } = cluster.member(places % 5);
    return Promise.resolve({
      open: () => EtcdStore.open({ client, prefix }),
      remove: () => Promise.resolve(),
    });
  },
});
