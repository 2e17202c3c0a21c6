// A thread that says when each act of an open loop is due: timers of the thread that acts would be up to 2 ms late, and
// spinning until then would take a core from what is measured. Times are those of process.hrtime, in milliseconds, which
// threads share.
import { parentPort, workerData } from 'node:worker_threads';

const { perSecond, count } = workerData;
const never = new Int32Array(new SharedArrayBuffer(4));
const now = () => Number(process.hrtime.bigint()) / 1e6;

const begin = now();
for (let i = 0; i < count; i += 1) {
  const due = begin + (i * 1_000) / perSecond;
  for (let left = due - now(); left > 0; left = due - now()) Atomics.wait(never, 0, 0, left);
  parentPort.postMessage(due);
}
