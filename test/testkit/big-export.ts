import { open } from 'node:fs/promises';
import { directConversationId, directMembers } from '../../src/chat/ids.js';
import type { ExportLine } from '../../src/transfer/export-line.js';
import { writeExport } from '../../src/transfer/write-export.js';

const time = new Date(1_700_000_000_000).toISOString();

/** Writes an export of one conversation. `length`: characters of each text. `passwordHash`: of both people. */
export async function writeBigExport(
  path: string,
  messages: number,
  length: number,
  passwordHash = 'none',
): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await writeExport(bigExport(messages, length, passwordHash), (text) => file.writeFile(text));
  } finally {
    await file.close();
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- written as the real one is
async function* bigExport(
  messages: number,
  length: number,
  passwordHash: string,
): AsyncGenerator<ExportLine> {
  const ids = ['a', 'b'].map((letter) => letter.repeat(22));
  const [ann = '', ben = ''] = ids;
  const id = directConversationId(ann, ben);
  const members = directMembers(ann, ben);
  yield { type: 'header', format: 'holdfast-export', version: 1, export_time: time };
  for (const [i, username] of ['ann', 'ben'].entries()) {
    const account_id = ids[i] ?? '';
    const entry = { conversation_id: id, read_seq: 0, read_others: 0, hidden_unread: 0 };
    yield {
      type: 'account',
      id: account_id,
      username,
      create_time: time,
      password_hash: passwordHash,
      deleting: false,
    };
    yield { type: 'entry', account_id, ...entry };
  }
  yield { type: 'conversation', id, member_ids: members };
  for (let seq = 1; seq <= messages; seq += 1) {
    yield {
      type: 'message',
      conversation_id: id,
      seq,
      sender_id: members[seq % 2] ?? '',
      create_time: time,
      client_message_id: `m${seq}`,
      text: `${seq} `.padEnd(length, 'x'),
    };
  }
  yield {
    type: 'head',
    conversation_id: id,
    head_seq: messages,
    counts: [Math.floor(messages / 2), Math.ceil(messages / 2)],
    last_time: time,
    deletions: 0,
    closed: false,
    members: members.map((member) => ({ username: member === ann ? 'ann' : 'ben', deleted: false })),
  };
}
