import type { ExportLine, Trailer } from './export-line.js';
import { Tally } from './tally.js';

/** Characters that are handed over at once. */
const chunk = 65_536;

/** Hands over an export as text, with the last line that seals it. Holds one chunk of it in memory. */
export async function writeExport(
  lines: AsyncIterable<ExportLine>,
  write: (text: string) => Promise<void>,
): Promise<Trailer> {
  const tally = new Tally();
  let waiting: string[] = [];
  let size = 0;
  const flush = async () => {
    await write(waiting.join(''));
    waiting = [];
    size = 0;
  };
  for await (const line of lines) {
    const text = `${JSON.stringify(line)}\n`;
    tally.add(line, text);
    waiting.push(text);
    size += text.length;
    if (size >= chunk) await flush();
  }
  const trailer = tally.trailer();
  waiting.push(`${JSON.stringify(trailer)}\n`);
  await flush();
  return trailer;
}
