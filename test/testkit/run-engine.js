// A process with one engine, as a node has it: node run-engine.js OPTIONS, where OPTIONS is JSON. Prints a line for each
// state of it.
import { Engine } from '../../dist/engine/engine.js';

const logger = { debug() {}, info() {}, warn: print, error: print };

function print(fields, message) {
  process.stdout.write(`${JSON.stringify({ message, ...fields })}\n`);
}

const engine = await Engine.open({
  ...JSON.parse(process.argv[2] ?? ''),
  path: process.env.ETCD_PATH,
  logger,
});
engine.onState((state) => print(state, 'state'));
process.once('SIGTERM', () => void engine.close());
await engine.start();
