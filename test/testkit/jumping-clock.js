// Loaded before the program (node --import), it moves the program's clock by the milliseconds that stand in the file
// JUMPING_CLOCK at that moment, as if somebody had set the machine's. What measures durations goes on evenly, as it does then.
import { readFileSync } from 'node:fs';

const file = process.env.JUMPING_CLOCK;
const RealDate = Date;
const now = () => RealDate.now() + Number(readFileSync(file, 'utf8'));

globalThis.Date = class Date extends RealDate {
  constructor(...values) {
    super(...(values.length > 0 ? values : [now()]));
  }

  static now() {
    return now();
  }
};
