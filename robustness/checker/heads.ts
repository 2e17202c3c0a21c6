import type { Conversation } from './conversations.js';
import type { Facts } from './facts.js';
import { checkLinearizable } from './linearizability.js';
import type { Model, Timed } from './linearizability.js';
import type { Findings } from './violation.js';

/** Done to the head of a conversation: the number of its last message. */
export type HeadOperation =
  /** The message with this number was appended. */
  | { readonly do: 'append'; readonly seq: number }
  /** An answer shows that there is at least this number. */
  | { readonly do: 'seen'; readonly seq: number }
  /** An answer shows that this is the last one. */
  | { readonly do: 'last'; readonly seq: number };

/** A head as a register that grows by one with each message. */
export const headModel: Model<number, HeadOperation> = {
  initial: 0,
  key: String,
  step(head, { do: action, seq }) {
    if (action === 'append') return seq === head + 1 ? seq : undefined;
    if (action === 'seen') return seq <= head ? head : undefined;
    return seq === head ? head : undefined;
  },
};

/** G4 and G6 for each conversation's head. */
export function checkHeads(facts: Facts, findings: Findings): void {
  const looks = looksOf(facts);
  for (const conversation of facts.conversations) {
    const operations = [...appends(conversation), ...(looks.get(conversation.id) ?? [])];
    const verdict = checkLinearizable(headModel, operations);
    if (verdict.linearizable === true) continue;
    if (verdict.linearizable === undefined) {
      findings.add({
        promise: 'run',
        kind: 'undecided',
        what: `whether the head of ${conversation.id} is a register: too many orders`,
      });
      continue;
    }
    const { operation, start, end } = verdict.stuck;
    const what = `no order of what was done in ${conversation.id} explains ${JSON.stringify(operation)} between ${start.toFixed(1)} and ${end.toFixed(1)}`;
    findings.add({ promise: 'G4', kind: 'head', what, at: start });
  }
}

/**
 * Each message that anybody has seen was appended between the first call that may have stored it and the first answer that
 * tells of it, whatever that call itself was answered: so none is open. What nobody has seen was not appended, unless there
 * are later ones; whether it may be missing is another check's matter.
 */
function appends({ entries }: Conversation): Timed<HeadOperation>[] {
  const operations: Timed<HeadOperation>[] = [];
  let firstKnown = Infinity;
  for (let seq = entries.length - 1; seq > 0; seq -= 1) {
    const entry = entries[seq];
    const append = { do: 'append' as const, seq };
    if (!entry) operations.push({ start: -Infinity, end: firstKnown, operation: append });
    else {
      firstKnown = Math.min(firstKnown, entry.known);
      // Told of before it was sent: another check says so.
      const start = Math.min(entry.sending?.start ?? Infinity, entry.known);
      operations.push({ start, end: entry.known, operation: append });
    }
  }
  return operations.reverse();
}

/** What reads tell of heads: the first page, newest first, and the list of conversations. */
function looksOf({ history }: Facts): Map<string, Timed<HeadOperation>[]> {
  const looks = new Map<string, Timed<HeadOperation>[]>();
  const add = (conversation: string, start: number, end: number, operation: HeadOperation) => {
    const list = looks.get(conversation);
    if (list) list.push({ start, end, operation });
    else looks.set(conversation, [{ start, end, operation }]);
  };
  for (const { start, end, request, result } of history.calls) {
    for (const { id, headSeq } of result.conversations ?? [])
      add(id, start, end, { do: 'last', seq: headSeq });
    // Those after it may be deleted for the caller.
    if (request.op === 'listMessages') {
      const [first] = result.messages ?? [];
      if (first) add(first.conversation, start, end, { do: 'seen', seq: first.seq });
    }
  }
  return looks;
}
