// Loaded into a node before the program: its wall clock can be made to jump. The offset, in milliseconds, stands in the
// file that ROBUSTNESS_CLOCK names. `performance.now` and timers go on: a monotonic clock does not jump.
import { readFileSync, watchFile } from 'node:fs';

const path = process.env.ROBUSTNESS_CLOCK ?? '';
const RealDate = Date;
let offset = 0;

class JumpingDate extends RealDate {
  constructor(...args: [] | [number | string | Date]) {
    if (args.length === 0) super(JumpingDate.now());
    else super(...(args as [number]));
  }

  static override now(): number {
    return RealDate.now() + offset;
  }
}

globalThis.Date = JumpingDate as DateConstructor;

if (path !== '') {
  const read = () => {
    const text = readFileSync(path, 'utf8');
    if (text === '' || Number(text) === offset) return;
    offset = Number(text);
    process.stderr.write(
      `${JSON.stringify({ level: 30, msg: `the clock has jumped to ${offset} ms off` })}\n`,
    );
  };
  read();
  watchFile(path, { interval: 100, persistent: false }, read);
}
