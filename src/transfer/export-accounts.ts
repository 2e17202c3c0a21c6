import { keys } from '../chat/keys.js';
import { records } from '../chat/records.js';
import { decodeKey } from '../kv/key-codec.js';
import type { Entry, Revision } from '../kv/store.js';
import { appendedAt } from './export-conversations.js';
import type { ExportLine, LineOf } from './export-line.js';
import { corrupt, isoTime, keyAfter } from './reader.js';
import type { Page, Reader } from './reader.js';

/** Accounts read at once: five requests for each go into one read. */
const together = 100;

/**
 * Every account with its user partition, in the order of the folded names. `began`: the revision at which the
 * export began; what belongs to conversations that were opened after it is left out, as they are.
 */
export async function* exportAccounts(reader: Reader, began: Revision): AsyncGenerator<ExportLine> {
  const limit = reader.pageSize;
  for await (const { entries } of reader.pages(keys.accounts(), Math.min(together, limit))) {
    const ids = entries.map((entry) => records.account.decode(entry.value).id);
    const { revision, results } = await reader.read(
      entries.flatMap(({ key }, i) => {
        const id = ids[i] ?? '';
        const own = [keys.entries(id), keys.hiddenAll(id)].map((range) => ({ ...range, limit }));
        return [{ key }, { key: keys.task(id) }, { key: keys.profile(id) }, ...own];
      }),
    );
    for (const [i, id] of ids.entries()) {
      const [account, task, profile, own = [], hidden = []] = results.slice(5 * i);
      const line = accountLine(id, account?.[0], task?.[0], profile?.[0]);
      if (!line) continue;
      yield line;
      const whole = own.length < limit && hidden.length < limit;
      const marks = whole ? reader.of({ entries: hidden, revision }) : reader;
      yield* exportEntries(reader, marks, began, id, { entries: own, revision });
    }
  }
}

/** Undefined when the account was deleted since its name was listed. */
function accountLine(
  id: string,
  account: Entry | undefined,
  task: Entry | undefined,
  profile: Entry | undefined,
): LineOf<'account'> | undefined {
  const record = account && records.account.decode(account.value);
  if (record?.id !== id) return undefined;
  const { username, createTime } = record;
  const planned = task !== undefined && records.task.decode(task.value).kind === 'delete';
  const deleting = planned || record.state === 'deleting';
  if (!profile && !deleting) throw corrupt(`the account ${username} has no profile`);
  return {
    type: 'account',
    id,
    username,
    create_time: isoTime(createTime),
    password_hash: deleting ? '' : record.passwordHash,
    deleting,
  };
}

/** `marks`: of what the account hides. */
async function* exportEntries(
  reader: Reader,
  marks: Reader,
  began: Revision,
  accountId: string,
  first: Page,
): AsyncGenerator<ExportLine> {
  for (let page = first; ;) {
    const opened = await openedBefore(reader, began, page.entries);
    for (const [conversationId, entry] of opened) yield entryLine(accountId, conversationId, entry);
    yield* exportHidden(marks, accountId, page.revision, [...opened.keys()]);
    const last = page.entries.at(-1);
    if (!last || page.entries.length < reader.pageSize) return;
    page = await reader.page({ start: keyAfter(last.key), end: keys.entries(accountId).end });
  }
}

/** Entries by conversation id, without those of conversations that were opened after the export began. */
async function openedBefore(reader: Reader, began: Revision, entries: readonly Entry[]) {
  const idOf = (entry: Entry) => decodeKey(entry.key)[3] as string;
  const recent = entries.filter((entry) => entry.revision > began).map(idOf);
  const late = new Set<string>();
  if (recent.length > 0) {
    const { results } = await reader.read(recent.map((id) => ({ key: keys.message(id, 1) })));
    results.forEach(([first], i) => {
      if (!first || appendedAt(first) > began) late.add(recent[i] ?? '');
    });
  }
  return new Map(entries.map((entry) => [idOf(entry), entry] as const).filter(([id]) => !late.has(id)));
}

function entryLine(accountId: string, conversationId: string, { value }: Entry): LineOf<'entry'> {
  const { readSeq, readOthers, hiddenUnread } = records.entry.decode(value);
  return {
    type: 'entry',
    account_id: accountId,
    conversation_id: conversationId,
    read_seq: readSeq,
    read_others: readOthers,
    hidden_unread: hiddenUnread,
  };
}

/**
 * The marks of some conversations, in order, as of the revision that their entries were read at: a mark never
 * changes and goes only with its account, so that those of a later revision are those made since.
 */
async function* exportHidden(
  reader: Reader,
  accountId: string,
  revision: Revision,
  conversationIds: readonly string[],
): AsyncGenerator<LineOf<'hidden'>> {
  const [first, last] = [conversationIds[0], conversationIds.at(-1)];
  if (first === undefined || last === undefined) return;
  const wanted = new Set(conversationIds);
  const range = {
    start: keys.hidden(accountId, first, 0),
    end: keys.hidden(accountId, last, Number.MAX_SAFE_INTEGER),
  };
  for await (const { entries } of reader.pages(range)) {
    let line: LineOf<'hidden'> | undefined;
    for (const entry of entries) {
      const [, , , conversationId, seq] = decodeKey(entry.key) as [string, string, string, string, number];
      if (entry.revision > revision || !wanted.has(conversationId)) continue;
      if (line?.conversation_id !== conversationId) {
        if (line) yield line;
        line = {
          type: 'hidden',
          account_id: accountId,
          conversation_id: conversationId,
          seqs: [],
          own: [],
        };
      }
      line.seqs.push(seq);
      if (records.hidden.decode(entry.value).own) line.own.push(seq);
    }
    if (line) yield line;
  }
}
