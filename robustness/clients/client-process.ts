// One of several processes that use the cluster. Started by the run, which tells it by messages what to do.
import { Random } from '../random.js';
import { HistoryWriter } from '../history/history-writer.js';
import { Crowd } from './crowd.js';
import type { CrowdSetup } from './crowd.js';

/** To the process. `calm`: no new calls but those that follow. `finish`: stop following, once the last texts are there. */
export type ClientOrder =
  | ({ readonly order: 'start'; readonly history: string; readonly seed: number } & Omit<
      CrowdSetup,
      'random' | 'history'
    >)
  | { readonly order: 'calm' }
  | { readonly order: 'finish'; readonly conversations: Readonly<Record<string, readonly string[]>> };

/** From the process, once an order is carried out. `missing`: what followers have waited for in vain. */
export type ClientAnswer = { readonly done: ClientOrder['order']; readonly missing?: readonly string[] };

let crowd: Crowd | undefined;
let history: HistoryWriter | undefined;

async function carryOut(order: ClientOrder): Promise<ClientAnswer> {
  if (order.order === 'start') {
    history = new HistoryWriter(order.history);
    crowd = new Crowd({ ...order, history, random: new Random(order.seed) });
    crowd.start();
    return { done: 'start' };
  }
  if (!crowd || !history) throw new Error('there is nobody yet');
  if (order.order === 'calm') {
    await crowd.calm();
    return { done: 'calm' };
  }
  const missing = await crowd.finish(order.conversations);
  await history.close();
  return { done: 'finish', missing };
}

process.on('message', (order: ClientOrder) => {
  carryOut(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
});
// The run has ended, in whichever way.
process.on('disconnect', () => process.exit());
