// Bytes that a message with a text of 100 takes on the disk of one node: on a cluster's what its member's database grows
// by, once the history that etcd keeps for two minutes is compacted; on a server alone what the file grows by.
import { Row } from '../report/row.js';

const textBytes = 100;
/** The most that a cluster's node may hold. */
const quota = 8 * 1_024 ** 3;
/** The part of it at which nothing but deleting is taken any more. */
const full = 0.9;

export const diskBytes = {
  id: 'disk-bytes',
  title: 'Bytes on the disk',
  about: 'of a message with a text of 100 bytes, on each node',

  async measure(testbed) {
    const { many } = testbed.sizes;
    const [cluster, alone] = ['cluster node', 'server alone'].map(
      (where) =>
        new Row({
          name: `bytes of a message, ${where}`,
          unit: 'bytes',
          floor: 'its text',
          aims: [{ of: 'median', atMost: 4 }],
        }),
    );
    // The same each time: one round says it all.
    const filled = await testbed.filledCluster(many);
    const { held } = filled;
    const each = (after, part) => (after[part] - held.before[part]) / many;
    const bytes = each(held.compacted, 'bytesInUse');
    cluster.add(bytes, textBytes);
    cluster.note('in the file, before its history is compacted', each(held.written, 'bytes'));
    cluster.note('in the file, after defragmentation', each(held.defragmented, 'bytes'));
    const memory = (await filled.memberBytes()) - (await (await testbed.filledCluster(0)).memberBytes());
    cluster.note("memory of a message in the member's index, bytes", memory / many);
    cluster.note('log and snapshots, MiB, however many messages', constant(held.defragmented));
    // What etcd holds against the quota is the file, with free pages and with history that is not compacted yet.
    for (const [which, size] of [
      ['at most, without history and free pages', bytes],
      ['by the file as it was written, with both', each(held.written, 'bytes')],
    ]) {
      cluster.note(`messages in 8 GiB, ${which}`, quota / size);
      cluster.note(`until only deleting is taken, ${which}`, (full * quota) / size);
    }
    const folder = await testbed.filledFolder(many);
    alone.add((folder.bytesAfter - folder.bytesBefore) / many, textBytes);
    return [cluster, alone];
  },
};

function constant({ log, snapshots }) {
  return (log + snapshots) / 1_024 ** 2;
}
