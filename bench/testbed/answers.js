// Lets the benchmark ask a program that it has started how much memory it has, without a part in the program:
// `node --import` loads this before it. It answers over the channel of node:child_process, after a garbage collection.
import { memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('message', (question) => {
  if (question !== 'memory') return;
  // Twice: what finalizers of the first have let go of is collected by the second.
  collect();
  collect();
  process.send?.(memoryUsage());
});
// What has started it has ended without a word: nobody would end it any more.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Asking must not keep the program alive.
process.channel?.unref();
