import { keys } from '../../src/chat/keys.js';
import { records } from '../../src/chat/records.js';
import { foldUsername } from '../../src/chat/username.js';
import { decodeKey } from '../../src/kv/key-codec.js';
import type { KeyPart } from '../../src/kv/key-codec.js';
import type { KeyRange, Store } from '../../src/kv/store.js';

/** An entry with its key's parts. */
type Item = { readonly parts: readonly KeyPart[]; readonly value: Uint8Array };

type Log = NonNullable<ReturnType<typeof logOf>>;

/**
 * What has to hold in a store that nobody writes to and where no deletion is pending. Returns what does not, in
 * words. For stores of few entries.
 */
export async function checkStore(store: Store): Promise<readonly string[]> {
  const check = new StoreCheck();
  await check.run(store);
  return [...check.wrong];
}

class StoreCheck {
  readonly wrong = new Set<string>();
  /** Usernames by account id. */
  private readonly accounts = new Map<string, string>();
  private readonly logs = new Map<string, Log>();

  async run(store: Store): Promise<void> {
    const all = async (range: KeyRange): Promise<Item[]> => {
      const [entries = []] = (await store.read([range])).results;
      return entries.map(({ key, value }) => ({ parts: decodeKey(key), value }));
    };
    this.require((await all(keys.tasks())).length === 0, 'a task is left');
    for (const item of await all(keys.accounts())) this.account(item);
    for (const [id, items] of byPartition(await all(keys.conversations()))) this.conversation(id, items);
    const users = byPartition(await all(keys.users()));
    for (const id of users.keys()) this.require(this.accounts.has(id), `${id} is left without an account`);
    for (const [id, username] of this.accounts) this.user(id, username, users.get(id) ?? []);
  }

  private require(holds: boolean, otherwise: string): void {
    if (!holds) this.wrong.add(otherwise);
  }

  private account({ parts, value }: Item): void {
    const { id, username, state } = records.account.decode(value);
    this.accounts.set(id, username);
    this.require(parts[1] === foldUsername(username), `${username} is folded otherwise`);
    this.require(state === 'active', `${username} is not active`);
  }

  private conversation(id: string, items: readonly Item[]): void {
    const log = logOf(items);
    if (!log) {
      this.require(items.length === 1, `${id} has messages but no members`);
      return;
    }
    const { info, head, messages, deletions } = log;
    if (info.memberDeleted.every(Boolean)) {
      this.require(head.closed && items.length === 2, `${id} has more than its head, and nobody left`);
      return;
    }
    this.logs.set(id, log);
    this.require(
      messages.every(({ seq }, i) => seq === i + 1),
      `${id} has gaps`,
    );
    this.require(messages.length === head.seq, `${id} has another number of messages than its head says`);
    this.require(head.lastTime === messages.at(-1)?.record.createTime, `${id} has a wrong time`);
    this.require(deletions.length === head.deletions, `${id} does not log each deletion`);
    const deleted = new Set(deletions.flatMap(({ seqs }) => seqs));
    const counts = info.memberIds.map(() => 0);
    for (const { seq, record } of messages) {
      const count = (counts[record.sender] ?? 0) + 1;
      counts[record.sender] = count;
      this.require(record.ordinal === count, `${id} ${seq} has a wrong ordinal`);
      this.require((record.text === null) === (record.appended !== null), `${id} ${seq} is half deleted`);
      this.require((record.text === null) === deleted.has(seq), `${id} ${seq} is not as its log says`);
    }
    this.require(head.counts.join() === counts.join(), `${id} has wrong counts`);
    this.require(head.closed === info.memberDeleted.some(Boolean), `${id} is closed or open wrongly`);
    info.memberIds.forEach((member, i) => {
      const name = info.memberDeleted[i] ? '' : info.memberNames[i];
      this.require((this.accounts.get(member) ?? '') === name, `${id} has a member unlike its account`);
    });
  }

  private user(id: string, username: string, items: readonly Item[]): void {
    const kind = (name: string) => items.filter(({ parts }) => parts[2] === name);
    this.require(kind('p').length === 1, `${username} has no profile`);
    const entries = new Map(kind('c').map((item) => [String(item.parts[3]), item]));
    for (const [conversationId, { info }] of this.logs) {
      this.require(entries.has(conversationId) === info.memberIds.includes(id), `${username} lacks an entry`);
    }
    for (const [conversationId, { value }] of entries) {
      const marks = kind('h').filter(({ parts }) => parts[3] === conversationId);
      this.entry(id, `${username} in ${conversationId}`, this.logs.get(conversationId), value, marks);
    }
  }

  private entry(
    id: string,
    where: string,
    log: Log | undefined,
    value: Uint8Array,
    marks: readonly Item[],
  ): void {
    const { readSeq, readOthers, hiddenUnread } = records.entry.decode(value);
    const messages = log?.messages ?? [];
    const isOwn = (sender: number) => log?.info.memberIds[sender] === id;
    const read = messages.filter(({ seq, record }) => seq <= readSeq && !isOwn(record.sender));
    this.require(readSeq <= messages.length, `${where} has read what is not there`);
    this.require(readOthers === read.length, `${where} has a wrong count of what is read`);
    let hidden = 0;
    for (const { parts, value: mark } of marks) {
      const seq = Number(parts[4]);
      const record = messages[seq - 1]?.record;
      const own = record !== undefined && isOwn(record.sender);
      this.require(record !== undefined, `${where} hides what is not there`);
      this.require(records.hidden.decode(mark).own === own, `${where} hides a message of another sender`);
      if (!own && seq > readSeq) hidden += 1;
    }
    this.require(hiddenUnread === hidden, `${where} has a wrong count of what is hidden`);
  }
}

function byPartition(items: readonly Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const id = String(item.parts[1]);
    groups.set(id, [...(groups.get(id) ?? []), item]);
  }
  return groups;
}

/** Undefined when there are no members. */
function logOf(items: readonly Item[]) {
  const kind = (name: string) => items.filter(({ parts }) => parts[2] === name);
  const [info] = kind('i');
  const [head] = kind('h');
  if (!info || !head) return undefined;
  return {
    info: records.info.decode(info.value),
    head: records.head.decode(head.value),
    messages: kind('m').map(({ parts, value }) => ({
      seq: Number(parts[3]),
      record: records.message.decode(value),
    })),
    deletions: kind('d').map(({ value }) => records.deletion.decode(value)),
  };
}
