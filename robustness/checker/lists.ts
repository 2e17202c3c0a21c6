import type { Call } from '../history/history.js';
import type { SeenConversation } from '../history/record.js';
import type { Conversation } from './conversations.js';
import type { Facts } from './facts.js';
import { listingsOf } from './listing.js';
import type { Listing } from './listing.js';
import type { Findings } from './violation.js';

/** G6 for read cursors, ListConversations and ListUnread. */
export function checkLists(facts: Facts, findings: Findings): void {
  markRead(facts, findings);
  for (const call of facts.history.of('listConversations')) {
    for (const seen of call.result.conversations ?? []) checkConversation(facts, call, seen, findings);
  }
  for (const listing of listingsOf(facts.history.of('listUnread'))) checkUnread(facts, listing, findings);
}

function markRead(facts: Facts, findings: Findings): void {
  for (const { id, start, end, request, outcome, result } of facts.history.of('markRead')) {
    if (outcome !== 'ok') continue;
    const key = `${request.account} ${request.conversation}`;
    const least = Math.max(request.seq, facts.cursors.get(key)?.before(start) ?? 0);
    cursor(facts, { id, key, readSeq: result.readSeq ?? 0, least, end }, findings);
  }
}

/** A read cursor never goes back, and never further than somebody has moved it. */
function cursor(
  facts: Facts,
  seen: { id: string; key: string; readSeq: number; least: number; end: number },
  findings: Findings,
): void {
  const { id, key, readSeq, least, end } = seen;
  if (readSeq < least)
    findings.add({
      promise: 'G6',
      kind: 'cursor-back',
      what: `${id} has the read cursor of ${key} at ${readSeq}, which was at ${least}`,
      at: end,
    });
  if (readSeq > (facts.cursorsTried.get(key)?.before(end) ?? 0))
    findings.add({
      promise: 'G6',
      kind: 'cursor-ahead',
      what: `${id} has the read cursor of ${key} at ${readSeq}, where nobody has moved it`,
      at: end,
    });
}

function checkConversation(
  facts: Facts,
  call: Call<'listConversations'>,
  seen: SeenConversation,
  findings: Findings,
): void {
  const { id, start, end, request } = call;
  const key = `${request.account} ${seen.id}`;
  const least = facts.cursors.get(key)?.before(start) ?? 0;
  cursor(facts, { id, key, readSeq: seen.readSeq, least, end }, findings);
  const conversation = facts.conversation(seen.id);
  if (!conversation) return;
  for (const { seq, known } of facts.entries(conversation, seen.headSeq + 1, Infinity)) {
    if (known >= start) continue;
    findings.add({
      promise: 'G6',
      kind: 'stale-head',
      what: `${id} has the head of ${seen.id} at ${seen.headSeq}, though ${seq} was known`,
      at: start,
    });
    break;
  }
  const head = conversation.entries[seen.headSeq];
  if (!head || (head.sending?.start ?? 0) > end)
    findings.add({
      promise: 'G6',
      kind: 'future',
      what: `${id} has the head of ${seen.id} at ${seen.headSeq}, which was sent later or never`,
      at: start,
    });
  const hide = facts.hide(request.account, seen.id, seen.headSeq);
  const other = seen.last && (seen.last.seq !== seen.headSeq || seen.last.conversation !== seen.id);
  if (seen.last ? other : !hide || hide.tried > end)
    findings.add({
      promise: 'G6',
      kind: 'last-message',
      what: `${id} shows ${seen.last?.seq ?? 'none'} as the last message of ${seen.id}, whose head is ${seen.headSeq}`,
      at: start,
    });
  unreadCount(facts, call, seen, conversation, findings);
}

function unreadCount(
  facts: Facts,
  { id, start, end, request }: Call<'listConversations'>,
  seen: SeenConversation,
  conversation: Conversation,
  findings: Findings,
): void {
  let least = 0;
  let most = 0;
  // Those that nobody has been shown may be anybody's.
  for (let seq = seen.readSeq + 1; seq <= seen.headSeq; seq += 1) if (!conversation.entries[seq]) most += 1;
  for (const entry of facts.entries(conversation, seen.readSeq + 1, seen.headSeq)) {
    if (facts.senderOf(entry) === request.account) continue;
    const hide = facts.hide(request.account, seen.id, entry.seq);
    if (!hide || hide.tried > end) least += 1;
    if (!hide || hide.done >= start) most += 1;
  }
  if (seen.unread < least || seen.unread > most)
    findings.add({
      promise: 'G6',
      kind: 'unread-count',
      what: `${id} counts ${seen.unread} unread in ${seen.id} from ${seen.readSeq} to ${seen.headSeq}: ${least} to ${most} are right`,
      at: start,
    });
}

function checkUnread(facts: Facts, listing: Listing<'listUnread'>, findings: Findings): void {
  const { first, last, pages, whole } = listing;
  const { account } = first.request;
  const shown = new Map<string, string>();
  let time = 0;
  for (const { id, start, end, result } of pages) {
    const before = new Map<string, number>();
    for (const message of result.messages ?? []) {
      const { conversation, seq, senderId, createTime } = message;
      const where = `message ${seq} of ${conversation}`;
      const wrong = (kind: string, what: string) =>
        findings.add({ promise: 'G6', kind, what: `${id} shows ${where} ${what}`, at: start });
      if (senderId === account) wrong('unread-own', 'as unread to its sender');
      if (seq <= (facts.cursors.get(`${account} ${conversation}`)?.before(start) ?? 0))
        wrong('unread-read', 'as unread, which was read');
      if ((facts.hide(account, conversation, seq)?.done ?? Infinity) < start)
        wrong('unread-hidden', 'as unread, which was deleted');
      if (shown.has(where)) wrong('unread-twice', `again, after ${shown.get(where) ?? ''}`);
      if (createTime < time) wrong('unread-order', 'after a later one');
      time = createTime;
      shown.set(where, id);
      // Between two of one conversation nothing can be left out, whenever it became known.
      const known = facts.conversation(conversation);
      const after = Math.max(
        before.get(conversation) ?? seq,
        facts.cursorsTried.get(`${account} ${conversation}`)?.before(end) ?? 0,
      );
      for (const entry of known ? facts.entries(known, after + 1, seq - 1) : []) {
        const hide = facts.hide(account, conversation, entry.seq);
        if (facts.senderOf(entry) !== account && !(hide && hide.tried < end))
          wrong('unread-missing', `and not ${entry.seq} before it`);
      }
      before.set(conversation, seq);
    }
  }
  // What is as old as the last one shown may come on the next page.
  const reached = whole ? Infinity : time;
  for (const id of facts.memberships.get(account) ?? []) {
    const conversation = facts.conversation(id);
    if (!conversation) continue;
    const read = facts.cursorsTried.get(`${account} ${id}`)?.before(last.end) ?? 0;
    for (const entry of facts.entries(conversation, read + 1, Infinity)) {
      const hide = facts.hide(account, id, entry.seq);
      const due =
        entry.known < first.start &&
        (entry.sightings[0]?.message.createTime ?? 0) < reached &&
        facts.senderOf(entry) !== account &&
        !(hide && hide.tried < last.end);
      if (due && !shown.has(`message ${entry.seq} of ${id}`))
        findings.add({
          promise: 'G6',
          kind: 'unread-missing',
          what: `${first.id} leaves out message ${entry.seq} of ${id}`,
          at: first.start,
        });
    }
  }
}
