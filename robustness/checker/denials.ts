import type { Call } from '../history/history.js';
import { sendingKey, sendingsOf } from './conversations.js';
import type { Conversation, Sending } from './conversations.js';
import type { Facts } from './facts.js';
import type { Findings } from './violation.js';

/**
 * A refusal tells something, too: what was known when the call was made must not be denied (G6), nor an id be called used
 * that was not (G3), nor a conversation closed whose members are all there (G8).
 */
export function checkDenials(facts: Facts, findings: Findings): void {
  const sendings = sendingsOf(facts.history);
  for (const call of facts.history.calls) {
    if (call.outcome !== 'refused') continue;
    const { id, start, reason } = call;
    if (reason === 'CLIENT_MESSAGE_ID_REUSED' && !maybeReused(call, sendings))
      findings.add({
        promise: 'G3',
        kind: 'denied',
        what: `${id} was refused with ${reason}, and nobody has used the id for another text`,
        at: start,
      });
    const conversation = conversationOf(facts, call);
    if (!conversation) continue;
    if (reason === 'CONVERSATION_CLOSED' && surelyOpen(facts, conversation.id, call.end))
      findings.add({
        promise: 'G8',
        kind: 'closed-early',
        what: `${id} was refused with ${reason}, and no account of ${conversation.id} was deleted`,
        at: start,
      });
    if (denies(facts, call, conversation))
      findings.add({
        promise: 'G6',
        kind: 'denied',
        what: `${id} was refused with ${reason}, and it was known otherwise in ${conversation.id}`,
        at: start,
      });
  }
}

function maybeReused({ end, request }: Call, sendings: ReadonlyMap<string, Sending>): boolean {
  if (request.op !== 'send') return false;
  const sending = sendings.get(sendingKey(request.account, request.clientMessageId));
  return (sending?.calls ?? []).some(
    (other) => other.request.text !== request.text && other.outcome !== 'refused' && other.start < end,
  );
}

/** The one that a request names, if it has one and anybody has been told. */
function conversationOf(facts: Facts, { request }: Call): Conversation | undefined {
  if (request.op === 'send' || request.op === 'listMessages')
    return facts.resolve(request.account, request.to);
  if (request.op === 'markRead' || request.op === 'deleteMessages')
    return facts.conversation(request.conversation);
  return undefined;
}

function denies(facts: Facts, { start, end, request, reason }: Call, conversation: Conversation): boolean {
  if (!('account' in request)) return false;
  const known = (seq: number) => seq >= 1 && facts.knownHead(conversation, start) >= seq;
  if (reason === 'KNOWN_SEQ_NOT_FOUND') return request.op === 'send' && known(request.knownSeq ?? Infinity);
  if (reason === 'MESSAGE_NOT_FOUND') {
    if (request.op === 'markRead') return known(request.seq);
    return request.op === 'deleteMessages' && request.seqs.every(known);
  }
  if (reason === 'NOT_THE_SENDER' && request.op === 'deleteMessages')
    return request.seqs.every((seq) => {
      const entry = conversation.entries[seq];
      return entry !== undefined && facts.senderOf(entry) === request.account;
    });
  if (reason !== 'CONVERSATION_NOT_FOUND') return false;
  const over = (facts.accountDeletions.get(request.account)?.tried ?? Infinity) < end;
  return !over && known(1) && facts.memberships.get(request.account)?.has(conversation.id) === true;
}

/** Both of its members are known, and nobody has tried to delete either before the moment. */
export function surelyOpen(facts: Facts, conversation: string, moment: number): boolean {
  const members = facts.membersOf(conversation);
  return (
    members.length >= 2 &&
    members.every((account) => (facts.accountDeletions.get(account)?.tried ?? Infinity) >= moment)
  );
}
