// Load that is applied for a while, in two ways.

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

/** Acts so often by the second, however long the acts take. Times count from when an act was due, not from its start. */
export async function openLoop(perSecond, seconds, act) {
  const begin = performance.now();
  const running = [];
  for (let i = 0; i < perSecond * seconds; i += 1) {
    const due = begin + (i * 1_000) / perSecond;
    while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, 1));
    running.push(act(i, due));
  }
  await Promise.all(running);
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
