import type { FaultKind } from '../faults/fault.js';

/** An exact piece of a compiled file, and what stands in its place. */
export type Edit = { readonly file: string; readonly find: string; readonly replace: string };

/** The server with a fault built in, which the checker has to find. */
export type Mutant = {
  readonly name: string;
  /** What it does wrong. */
  readonly does: string;
  /** Promises of which one has to be found broken. */
  readonly breaks: readonly string[];
  /** What brings it to light. */
  readonly faults: readonly FaultKind[];
  /** Where the one of every round does not end sessions often enough. */
  readonly visitors?: number;
  readonly edits: readonly Edit[];
};

const calm: readonly FaultKind[] = ['restart', 'kill'];

/** What the feed tells of a session's end makes up for trust that lasts too long, as that makes up for a feed that is late. */
const deafToEndings: Edit = {
  file: 'chat/create-chat.js',
  find: 'new Feed(context, () => sessions.forget())',
  replace: 'new Feed(context, () => undefined)',
};

export const mutants: readonly Mutant[] = [
  {
    name: 'acknowledge-before-commit',
    does: 'answers a send before the store has committed it',
    breaks: ['G1', 'G3', 'G4', 'G6'],
    faults: ['kill'],
    edits: [
      {
        file: 'chat/conversation-writer.js',
        find: 'const reserve = batch.every(',
        replace: 'draft.settle(); const reserve = batch.every(',
      },
    ],
  },
  {
    name: 'drop-watch-event',
    does: 'loses one change of a hundred between the store and the subscribers',
    breaks: ['G5'],
    faults: calm,
    edits: [
      {
        file: 'kv-etcd/etcd-feed.js',
        find: 'value, revision } of events) {',
        replace: 'value, revision } of events) { if (Math.random() < 0.01) continue;',
      },
    ],
  },
  {
    name: 'retry-unknown-write',
    does: 'writes what has an unknown outcome again, blindly: without what it was built on',
    breaks: ['G1', 'G3', 'G4', 'G6', 'G7'],
    // What a node proposes that hears nothing is done, and its answer is missing.
    faults: ['cut-in', 'pause'],
    edits: [
      {
        file: 'kv-etcd/group-commit.js',
        find: 'await client.txnBytes(request, { deadline, signal: call.signal });',
        replace:
          'await client.txnBytes(request, { deadline, signal: call.signal }).catch(() => client.txnBytes(encodeBatch(batch.map(({ commit }) => ({ ...commit, checks: [] })), keyspace), { deadline: 3000 }));',
      },
    ],
  },
  {
    name: 'retry-without-looking',
    does: 'tries a send again without looking whether it is stored already',
    breaks: ['G3'],
    faults: calm,
    edits: [
      {
        file: 'chat/conversation-writer.js',
        find: 'await index.addStored(before.head.seq, head.seq);',
        replace: 'index.from = head.seq + 1;',
      },
      {
        file: 'chat/conversation-writer.js',
        find: 'await index.extendTo(near);',
        replace: 'index.from = Math.min(index.from, near);',
      },
    ],
  },
  {
    name: 'stale-read',
    does: 'reads what its own member has, without asking the majority',
    breaks: ['G6', 'G9', 'G7', 'G1'],
    faults: ['cut', 'cut-in', 'slow'],
    edits: [
      {
        file: 'kv-etcd/etcd-store.js',
        find: 'return { key: this.keyspace.toEtcd(request.key) };',
        replace: 'return { key: this.keyspace.toEtcd(request.key), serializable: true };',
      },
      {
        file: 'kv-etcd/etcd-store.js',
        find: '...this.keyspace.rangeToEtcd(request),\n            limit:',
        replace: '...this.keyspace.rangeToEtcd(request), serializable: true,\n            limit:',
      },
    ],
  },
  {
    name: 'ignore-head-check',
    does: 'appends without checking that the head is still the one it was numbered upon',
    breaks: ['G1', 'G3', 'G4'],
    faults: calm,
    edits: [
      {
        file: 'chat/conversation-writer.js',
        find: 'this.context.store.commit({ checks, writes: draft.finish(), reserve });',
        replace: 'this.context.store.commit({ checks: [], writes: draft.finish(), reserve });',
      },
    ],
  },
  {
    name: 'reuse-account-id',
    does: 'gives an account of the same name the same id again',
    breaks: ['G7'],
    faults: calm,
    edits: [
      {
        file: 'chat/account-store.js',
        find: 'id: newAccountId(random),',
        replace: "id: Buffer.from(folded.padEnd(16, '.').slice(0, 16)).toString('base64url'),",
      },
    ],
  },
  {
    name: 'two-owners',
    does: 'creates an account without checking that the name is still free',
    breaks: ['G7'],
    faults: calm,
    edits: [
      {
        file: 'chat/account-store.js',
        find: "checks: [{ key, revision: null }],\n            writes: [{ type: 'put', key, value: records.account.encode(account) }],",
        replace:
          "checks: [],\n            writes: [{ type: 'put', key, value: records.account.encode(account) }],",
      },
    ],
  },
  {
    name: 'forget-message-ids',
    does: 'does not recognise a message that is sent again',
    breaks: ['G3'],
    faults: calm,
    edits: [
      {
        file: 'chat/sent-index.js',
        find: 'return this.seqs.get(nameOf(sender, clientMessageId));',
        replace: 'return undefined;',
      },
    ],
  },
  {
    name: 'lose-deletion',
    does: 'acknowledges a deletion for everyone and leaves the text',
    breaks: ['G8'],
    faults: calm,
    edits: [
      {
        file: 'chat/log-draft.js',
        find: 'this.writes.push({ ...putMessage(this.conversationId, seq, record), erase: true });',
        replace: '',
      },
    ],
  },
  {
    name: 'resurrect-message',
    does: 'writes a deleted message again with the next one that is sent',
    breaks: ['G8', 'G1'],
    faults: calm,
    edits: [
      {
        file: 'chat/conversation-writer.js',
        find: 'found.set(seq, { record: records.message.decode(entry.value), revision: entry.revision });',
        replace:
          'found.set(seq, { record: records.message.decode(entry.value), revision: entry.revision }); this.buried = { seq, value: entry.value };',
      },
      {
        file: 'chat/conversation-writer.js',
        find: 'if (draft.writes.length === 0)\n                return draft.settle();',
        replace:
          "if (draft.writes.length === 0)\n                return draft.settle();\n            if (this.buried && batch.every(({ type }) => type === 'append')) draft.writes.push({ type: 'put', key: keys.message(this.conversationId, this.buried.seq), value: this.buried.value });",
      },
    ],
  },
  {
    name: 'trust-sessions-for-long',
    does: 'takes a session that was ended on another node for 30 s more, whatever the feed says',
    breaks: ['G6'],
    faults: calm,
    visitors: 4,
    edits: [
      deafToEndings,
      {
        file: 'chat/session-store.js',
        find: 'const trustedFor = 1_000;',
        replace: 'const trustedFor = 30_000;',
      },
    ],
  },
  {
    name: 'trust-by-wall-clock',
    does: 'measures by the wall clock for how long a session is taken on trust, whatever the feed says',
    breaks: ['G6'],
    faults: ['clock'],
    visitors: 4,
    edits: [
      deafToEndings,
      {
        file: 'chat/session-store.js',
        find: 'const started = this.context.elapsed();',
        replace: 'const started = this.context.now();',
      },
    ],
  },
  {
    name: 'keep-ended-session',
    does: 'acknowledges a logout and leaves the session',
    breaks: ['G6'],
    faults: calm,
    visitors: 4,
    edits: [
      {
        file: 'chat/session-store.js',
        find: "writes: [{ type: 'delete', key }] })",
        replace: "writes: [{ type: 'delete', key: Buffer.concat([key, Buffer.of(0)]) }] })",
      },
    ],
  },
  {
    name: 'cursor-goes-back',
    does: 'moves a read cursor back when an older message is marked',
    breaks: ['G6', 'G5'],
    faults: calm,
    edits: [
      {
        file: 'chat/conversation-store.js',
        find: 'if (seq <= before.readSeq)\n                return before.readSeq;',
        replace: '',
      },
    ],
  },
  {
    name: 'count-deleted-as-unread',
    does: 'counts what was deleted for oneself as unread',
    breaks: ['G6'],
    faults: calm,
    edits: [{ file: 'chat/message-store.js', find: 'hiddenUnread += 1;', replace: ';' }],
  },
  {
    name: 'page-leaves-out',
    does: 'leaves a message out between two pages of the history',
    breaks: ['G6'],
    faults: calm,
    edits: [
      {
        file: 'chat/message-store.js',
        find: 'return { items, nextPageToken: paging.tokenAt([position]) };',
        replace: 'return { items, nextPageToken: paging.tokenAt([forward ? position + 1 : position - 1]) };',
      },
    ],
  },
  {
    name: 'resume-doubles',
    does: 'delivers the last event again to who resumes with its token',
    breaks: ['G5'],
    faults: calm,
    edits: [
      {
        file: 'chat/subscription.js',
        find: 'reached = Position.at(batch.revision);',
        replace: 'reached = Position.at(batch.revision - 1);',
      },
    ],
  },
  {
    name: 'resume-skips',
    does: 'leaves out the first message for who resumes with cursors',
    breaks: ['G5'],
    faults: calm,
    edits: [
      {
        file: 'chat/catch-up.js',
        find: 'return seq + 1;',
        replace: 'return seq + 2;',
      },
    ],
  },
  {
    name: 'send-into-closed',
    does: 'takes messages to somebody whose account is deleted',
    breaks: ['G8'],
    faults: calm,
    edits: [
      {
        file: 'chat/log-draft.js',
        find: "if (head.closed)\n            throw new ChatError('CONVERSATION_CLOSED');",
        replace: '',
      },
    ],
  },
  {
    name: 'deny-unknown-outcome',
    does: 'says that a send was refused when its outcome is not known',
    breaks: ['G9', 'G3', 'G1'],
    // What a node proposes that hears nothing is done.
    faults: ['cut-in'],
    edits: [
      {
        file: 'chat/conversation-writer.js',
        find: "throw cause ? new ChatError('OUTCOME_UNKNOWN', { cause }) : error;",
        replace: "throw cause ? new ChatError('CONTENDED', { cause }) : error;",
      },
    ],
  },
  {
    name: 'wait-for-majority',
    does: 'waits for a majority instead of refusing',
    breaks: ['G9'],
    faults: ['cut'],
    edits: [
      { file: 'kv-etcd/budgets.js', find: 'commit: 3_000,', replace: 'commit: 30_000,' },
      { file: 'kv-etcd/budgets.js', find: 'read: 3_000,', replace: 'read: 30_000,' },
      { file: 'kv-etcd/budgets.js', find: 'leaderless: 2_000,', replace: 'leaderless: 30_000,' },
      { file: 'kv-etcd/budgets.js', find: 'unanswered: 2_800,', replace: 'unanswered: 30_000,' },
    ],
  },
  {
    name: 'stream-brings-deleted',
    does: 'brings a deleted text to who catches up',
    breaks: ['G8'],
    faults: calm,
    edits: [
      {
        file: 'chat/catch-up.js',
        find: 'const message = toMessage(id, seq, record, state.info.record);',
        replace:
          'const all = (globalThis.texts ??= new Map()); if (record.text !== null) all.set(id + seq, record.text); const message = toMessage(id, seq, { ...record, text: all.get(id + seq) ?? record.text }, state.info.record);',
      },
    ],
  },
  {
    name: 'fail-one-operation',
    does: 'lists no messages on one of the nodes, and does all else',
    breaks: ['G2'],
    faults: ['kill', 'pause'],
    edits: [
      {
        file: 'server/routes/list-messages.js',
        find: 'const caller = await authenticate(call);',
        replace:
          "const caller = await authenticate(call); if (process.argv.includes('node3')) throw new (await import('../../chat/chat-error.js')).ChatError('STORE_UNAVAILABLE');",
      },
    ],
  },
];
