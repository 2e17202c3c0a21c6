import type { SeenConversation } from '../history/record.js';
import type { Conversation } from './conversations.js';
import type { Facts } from './facts.js';
import { listingsOf } from './listing.js';
import type { Listing } from './listing.js';
import type { Findings } from './violation.js';

/**
 * G6 for the pages of ListConversations together: the latest activity first, nothing twice, and nothing left out. Who
 * writes meanwhile moves a conversation to the front, which is before what is still to be listed: then it may be missing.
 */
export function checkConversationLists(facts: Facts, findings: Findings): void {
  for (const listing of listingsOf(facts.history.of('listConversations'))) {
    ordered(facts, listing, findings);
    complete(facts, listing, findings);
  }
}

function ordered(facts: Facts, { pages }: Listing<'listConversations'>, findings: Findings): void {
  const shown = new Map<string, string>();
  let before = Infinity;
  for (const { id, start, request, result } of pages) {
    const seen = result.conversations ?? [];
    if (seen.length > request.size)
      findings.add({
        promise: 'G6',
        kind: 'conversation-page',
        what: `${id} shows ${seen.length} conversations as a page of ${request.size}`,
        at: start,
      });
    for (const conversation of seen) {
      const other = shown.get(conversation.id);
      if (other !== undefined)
        findings.add({
          promise: 'G6',
          kind: 'conversation-twice',
          what: `${id} shows ${conversation.id} again, after ${other}`,
          at: start,
        });
      shown.set(conversation.id, id);
      const time = activityOf(facts, conversation);
      if (time === undefined) continue;
      if (time > before)
        findings.add({
          promise: 'G6',
          kind: 'conversation-order',
          what: `${id} shows ${conversation.id} after one whose last message is older`,
          at: start,
        });
      before = time;
    }
  }
}

function complete(
  facts: Facts,
  { first, last, pages, whole }: Listing<'listConversations'>,
  findings: Findings,
): void {
  const seen = pages.flatMap(({ result }) => result.conversations ?? []);
  const listed = new Set(seen.map(({ id }) => id));
  const lastSeen = seen.at(-1);
  // How far a list has come that has more pages than were asked for.
  const reached = whole ? -Infinity : ((lastSeen && activityOf(facts, lastSeen)) ?? Infinity);
  for (const id of facts.memberships.get(first.request.account) ?? []) {
    const conversation = facts.conversation(id);
    if (!conversation || listed.has(id) || (conversation.entries[1]?.known ?? Infinity) >= first.start)
      continue;
    if (!(whole && pages.length === 1)) {
      if (mayHaveMoved(facts, conversation, first.start, last.end)) continue;
      const time = timeOf(conversation, facts.knownHead(conversation, first.start));
      if (time === undefined || time <= reached) continue;
    }
    findings.add({
      promise: 'G6',
      kind: 'conversation-missing',
      what: `${first.id}${pages.length > 1 ? ` to ${last.id}` : ''} leaves out ${id}`,
      at: first.start,
    });
  }
}

/** Whether a message may have been stored between the two moments. */
function mayHaveMoved(facts: Facts, conversation: Conversation, from: number, to: number): boolean {
  for (const { sending, known } of facts.entries(conversation, 1, Infinity)) {
    if (known >= from && (sending?.start ?? 0) <= to) return true;
  }
  return false;
}

function activityOf(facts: Facts, { id, headSeq }: SeenConversation): number | undefined {
  const conversation = facts.conversation(id);
  return conversation && timeOf(conversation, headSeq);
}

function timeOf({ entries }: Conversation, seq: number): number | undefined {
  return entries[seq]?.sightings[0]?.message.createTime;
}
