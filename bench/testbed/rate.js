// Load that is applied for a while, in two ways.
import { Worker } from 'node:worker_threads';
import { median } from '../report/statistics.js';

/**
 * So many workers, each of which acts again as soon as its act is done. `act(worker)` resolves to how much it has done.
 * Resolves to { done, rate }, rate by the second.
 */
export async function closedLoop(workers, seconds, act) {
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  let done = 0;
  const work = async (worker) => {
    while (performance.now() < end) {
      const more = await act(worker);
      done += more;
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  return { done, rate: (done * 1_000) / (performance.now() - begin) };
}

/**
 * Acts so often by the second, however long the acts take: `act(i, due)`. Times count from when an act was due, not from
 * its start. Resolves to { late }: the median of the milliseconds by which acts began after they were due, which all
 * times that count from there contain.
 */
export async function openLoop(perSecond, seconds, act) {
  const workerData = { perSecond, count: Math.ceil(perSecond * seconds) };
  const clock = new Worker(new URL('clock.js', import.meta.url), { workerData });
  const shift = performance.now() - Number(process.hrtime.bigint()) / 1e6;
  const running = [];
  const late = [];
  try {
    await new Promise((resolve, reject) => {
      clock.on('message', (at) => {
        const due = at + shift;
        late.push(performance.now() - due);
        const done = act(running.length, due);
        // Not only once all have begun.
        done.catch(reject);
        running.push(done);
      });
      clock.once('error', reject);
      // After its last message.
      clock.once('exit', resolve);
    });
    await Promise.all(running);
  } finally {
    await clock.terminate();
  }
  return { late: median(late) };
}

/** Milliseconds of each of so many calls, one after the other. */
export async function callTimes(calls, act) {
  const times = [];
  for (let i = 0; i < calls; i += 1) {
    const begin = performance.now();
    await act(i);
    times.push(performance.now() - begin);
  }
  return times;
}
