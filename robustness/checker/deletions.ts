import { surelyOpen } from './denials.js';
import type { Facts } from './facts.js';
import type { Findings } from './violation.js';

/** G8: what was deleted for everyone is gone for good, for everybody, and only its sender can do that. */
export function checkDeletions(facts: Facts, findings: Findings): void {
  for (const conversation of facts.conversations) {
    for (const entry of conversation.entries) {
      if (!entry) continue;
      const where = `message ${entry.seq} of ${conversation.id}`;
      const deed = facts.deletion(conversation.id, entry.seq);
      for (const { id, start, end, asked, message } of entry.sightings) {
        // On a stream that was there before, an event may have been on its way.
        if (!message.deleted && deed && deed.done < asked)
          findings.add({
            promise: 'G8',
            kind: 'came-back',
            what: `${where} was deleted, and ${id} shows its text`,
            at: start,
          });
        if (message.deleted && (!deed || deed.tried > end))
          findings.add({
            promise: 'G8',
            kind: 'not-deleted',
            what: `${id} shows ${where} as deleted, which nobody did`,
            at: end,
          });
      }
    }
  }
  const { history } = facts;
  for (const { id, start, end, request, outcome } of history.of('deleteMessages')) {
    if (!request.forEveryone || outcome !== 'ok') continue;
    for (const seq of request.seqs) {
      const entry = facts.conversation(request.conversation)?.entries[seq];
      if (entry && facts.senderOf(entry) !== request.account)
        findings.add({
          promise: 'G8',
          kind: 'not-the-sender',
          what: `${id} has deleted another's message ${seq} of ${request.conversation}`,
          at: end,
        });
      else if (!entry && history.noted('final reads') !== undefined)
        findings.add({
          promise: 'G8',
          kind: 'not-there',
          what: `${id} has deleted ${seq} of ${request.conversation}, which nobody has ever seen`,
          at: end,
        });
      else if (entry && entry.known > end && (entry.sending?.start ?? 0) > end)
        findings.add({
          promise: 'G8',
          kind: 'not-there',
          what: `${id} has deleted ${seq} of ${request.conversation} before it was sent`,
          at: start,
        });
    }
  }
  closed(facts, findings);
}

/** A conversation of an account that is deleted takes no more messages, and is shown as closed. */
function closed(facts: Facts, findings: Findings): void {
  const { history, accountDeletions } = facts;
  const ends = new Map<string, number>();
  for (const [account, conversations] of facts.memberships) {
    const done = accountDeletions.get(account)?.done ?? Infinity;
    for (const id of conversations) ends.set(id, Math.min(ends.get(id) ?? Infinity, done));
  }
  for (const { id, start, end: answered, outcome, result, request } of history.calls) {
    const message = request.op === 'send' && outcome === 'ok' ? result.message : undefined;
    const end = message && ends.get(message.conversation);
    if (message && end !== undefined && end < start && isNew(facts, message.conversation, message.seq, start))
      findings.add({
        promise: 'G8',
        kind: 'closed',
        what: `${id} has sent into ${message.conversation}, of which an account was deleted`,
        at: start,
      });
    for (const conversation of result.conversations ?? []) {
      if (conversation.closed && surelyOpen(facts, conversation.id, answered))
        findings.add({
          promise: 'G8',
          kind: 'closed-early',
          what: `${id} shows ${conversation.id} as closed, of which no account was deleted`,
          at: start,
        });
      if (!conversation.closed && (ends.get(conversation.id) ?? Infinity) < start)
        findings.add({
          promise: 'G8',
          kind: 'closed',
          what: `${id} shows ${conversation.id} as open, of which an account was deleted`,
          at: start,
        });
    }
  }
}

/** Sent for the first time after the moment: an earlier one is answered with what is stored. */
function isNew(facts: Facts, conversation: string, seq: number, moment: number): boolean {
  return (facts.conversation(conversation)?.entries[seq]?.sending?.start ?? 0) >= moment;
}
