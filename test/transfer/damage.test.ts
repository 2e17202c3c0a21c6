import { beforeEach, describe, expect, it } from 'vitest';
import type { ExportLine } from '../../src/transfer/export-line.js';
import { checkExport } from '../../src/transfer/read-export.js';
import type { TransferErrorCode } from '../../src/transfer/transfer-error.js';
import { TransferError } from '../../src/transfer/transfer-error.js';
import { say, startChat } from '../testkit/test-chat.js';
import { chunksOf, exportText, sealed } from '../testkit/transfer.js';

let text = '';
let lines: readonly string[] = [];

beforeEach(async () => {
  // Made once.
  if (text !== '') return;
  const { chat, store, join } = await startChat();
  const [ann, ben] = [await join('ann'), await join('ben')];
  const { conversationId } = await say(chat, ann, 'ben', 'one');
  for (const one of ['two', 'three', 'vier ü']) await say(chat, ann, 'ben', one);
  await say(chat, ben, 'ben', 'a note');
  await chat.messages.delete(ann, { conversationId, seqs: [2], forEveryone: true });
  await chat.messages.delete(ann, { conversationId, seqs: [3], forEveryone: true });
  await chat.messages.delete(ben, { conversationId, seqs: [1, 4], forEveryone: false });
  text = await exportText(store);
  lines = text.trim().split('\n');
});

/** Why a file is refused. */
async function refusal(file: string | Uint8Array): Promise<TransferError> {
  try {
    await checkExport(chunksOf(file, 700));
  } catch (error) {
    if (error instanceof TransferError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

/** With a last line that is right for the others, as someone who edits a file could write it. */
function resealed(body: readonly string[]): string {
  return sealed(body.map((line) => JSON.parse(line) as ExportLine));
}

describe('a file is refused', () => {
  it('when it ends anywhere before its end', async () => {
    const bytes = Buffer.from(text);
    expect(await checkExport(chunksOf(bytes))).toMatchObject({ lines: lines.length - 1 });
    const codes = new Set<TransferErrorCode>();
    for (let length = 0; length < bytes.length; length += 1) {
      codes.add((await refusal(bytes.subarray(0, length))).code);
    }
    expect([...codes].sort()).toEqual(['FOREIGN', 'TRUNCATED']);
    const [first = ''] = lines;
    expect((await refusal(`${first}\n`)).message).toBe('is cut off: its end is missing');
  });

  it('when a bit of it is another, whichever that is', async () => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bit of [0x01, 0x20]) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ bit;
        expect((await refusal(changed)).code, `byte ${at}`).toMatch(/DAMAGED|TRUNCATED|FOREIGN|NEWER/);
      }
    }
  });

  it('when a line is missing, is there twice, or stands elsewhere, whatever its checksum says', async () => {
    const body = lines.slice(0, -1);
    expect(await checkExport(chunksOf(resealed(body)))).toBeDefined();
    for (const [i, line] of body.entries()) {
      const twice = [...body.slice(0, i), line, ...body.slice(i)];
      expect((await refusal([...twice, lines.at(-1)].join('\n') + '\n')).code).toBe('DAMAGED');
      expect((await refusal(resealed(twice))).code, `${line} twice`).toBe('DAMAGED');
      const without = [...body.slice(0, i), ...body.slice(i + 1)];
      expect((await refusal([...without, lines.at(-1)].join('\n') + '\n')).code).toMatch(/DAMAGED|FOREIGN/);
      const next = body[i + 1];
      // Of one account, an entry may come before or after what is hidden in an earlier one.
      if (next === undefined || (line.includes('"entry"') && next.includes('"hidden"'))) continue;
      const swapped = [...body.slice(0, i), next, line, ...body.slice(i + 2)];
      expect((await refusal(resealed(swapped))).code, `${line} later`).toMatch(/DAMAGED|FOREIGN/);
    }
  });

  it.each([
    ['is empty', () => '', 'is not an export of Holdfast'],
    [
      'is a picture',
      () => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0xfe]),
      'is not an export of Holdfast',
    ],
    [
      'is other JSON lines',
      () => '{"type":"header","format":"other","version":1}\n',
      'is not an export of Holdfast',
    ],
    ['is one endless line', () => 'x'.repeat(1_000_000), 'is not an export of Holdfast'],
    [
      'is of a newer program',
      () => text.replace('"version":1', '"version":2'),
      'was made by a newer Holdfast, in version 2 of the format: use that one',
    ],
    ['goes on after its end', () => `${text}{}\n`, 'is damaged: line 20 follows the last one'],
    ['is there twice', () => text + text, 'is damaged: line 20 follows the last one'],
    [
      'has the last line of another file',
      () => text.replace(/"sha256":"./, (found) => (found.endsWith('0') ? '"sha256":"1' : '"sha256":"0')),
      'is damaged: its checksum is not that of its lines',
    ],
    [
      'has a last line that counts otherwise',
      () => text.replace('"messages":5', '"messages":6'),
      'is damaged: its last line does not count what is in it',
    ],
    [
      'has another text',
      () => text.replace('vier', 'five'),
      'is damaged: its checksum is not that of its lines',
    ],
    [
      'has an endless line',
      () => `${lines[0] ?? ''}\n${'x'.repeat(1_000_000)}`,
      'is damaged: line 2 has no end',
    ],
    [
      'has a field that is not known',
      () => text.replace('"text":"one"', '"text":"one","color":"red"'),
      /^is damaged: line \d+ is not a line of this format$/,
    ],
  ])('when it %s', async (_, file, expected) => {
    const { message } = await refusal(file());
    if (typeof expected === 'string') expect(message).toBe(expected);
    else expect(message).toMatch(expected);
  });
});
