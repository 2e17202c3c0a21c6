import type { Call } from '../history/history.js';
import type { SeenMessage } from '../history/record.js';
import type { Facts } from './facts.js';
import { listingsOf } from './listing.js';
import type { Findings } from './violation.js';

/**
 * G6 for ListMessages: a page shows everything in its range that was known to be stored when it was asked for, but what
 * the caller has deleted for itself, in order, once.
 */
export function checkPages(facts: Facts, findings: Findings): void {
  for (const { pages } of listingsOf(facts.history.of('listMessages'))) {
    let next: number | undefined;
    let since = Infinity;
    for (const page of pages) {
      since = Math.min(since, page.start);
      checkPage(facts, page, { next, since }, findings);
      const after = nextOf(page);
      if (after === undefined) continue;
      next = after;
      since = Infinity;
    }
  }
}

/** The first number that belongs to the page after it. */
function nextOf({ request, result }: Call<'listMessages'>): number | undefined {
  const last = result.messages?.at(-1)?.seq;
  if (last === undefined) return undefined;
  return request.after === undefined ? last - 1 : last + 1;
}

/** From which number to which one a page has to show everything. */
type Range = { readonly from: number; readonly to: number };

/**
 * Where a page goes on: `next` is the first number that belongs to it, undefined when none was shown before it. `since`:
 * when it was asked for, or the first of the pages right before it that show nothing, as it has to show what was theirs.
 */
type Place = { readonly next: number | undefined; readonly since: number };

function checkPage(
  facts: Facts,
  call: Call<'listMessages'>,
  { next, since }: Place,
  findings: Findings,
): void {
  const { id, start, end, request, result, node } = call;
  const messages = result.messages ?? [];
  const through = `${id} through ${node < 0 ? 'the library' : `node${node + 1}`}`;
  const shown = messages[0]?.conversation;
  const named = request.to.startsWith('#') ? request.to.slice(1) : shown;
  const conversation =
    shown === undefined ? facts.resolve(request.account, request.to) : facts.conversation(shown);
  const other = messages.find((message) => message.conversation !== named);
  if (other) {
    const what = `${through} shows message ${other.seq} of ${other.conversation} as one of ${request.to}`;
    findings.add({ promise: 'G6', kind: 'elsewhere', what, at: start });
    return;
  }
  const range = rangeOf(call, next);
  shape(call, range, findings);
  if (shown !== undefined) gaps(facts, { call, range, next, since }, findings);
  if (!conversation) return;
  const listed = new Set(messages.map(({ seq }) => seq));
  for (const { seq, known, sightings } of facts.entries(conversation, range.from, range.to)) {
    const hide = facts.hide(request.account, conversation.id, seq);
    const where = `message ${seq} of ${conversation.id}`;
    if (listed.has(seq)) {
      if (hide && hide.done < start)
        findings.add({
          promise: 'G8',
          kind: 'hidden-shown',
          what: `${where} is shown by ${through} to who has deleted it`,
          at: start,
        });
      continue;
    }
    if (known >= since || (hide && hide.tried < end)) continue;
    const first = sightings.find((sighting) => sighting.end === known);
    const what = `${where} was known by ${first?.id ?? ''} and is left out by ${through}`;
    findings.add({ promise: 'G6', kind: 'stale', what, at: start });
  }
  for (const { seq } of messages) {
    const sending = conversation.entries[seq]?.sending;
    if (sending && sending.start > end)
      findings.add({
        promise: 'G6',
        kind: 'future',
        what: `${through} shows ${seq}, which was sent later`,
        at: start,
      });
  }
}

function rangeOf({ request, result }: Call<'listMessages'>, next: number | undefined): Range {
  const { before = Infinity, after } = request;
  const forward = after !== undefined;
  const begin = next ?? (forward ? after + 1 : before - 1);
  const last = result.messages?.at(-1)?.seq;
  // A page without any message, and with one after it, which has to show what belongs to it.
  if (result.more === true && last === undefined) return { from: Infinity, to: 0 };
  const stop = result.more === true ? last : undefined;
  return forward ? { from: begin, to: stop ?? Infinity } : { from: stop ?? 1, to: begin };
}

/** Where there is a later number, the earlier ones are there, also those that became known only later. */
function gaps(
  facts: Facts,
  { call, range, next, since }: Place & { readonly call: Call<'listMessages'>; readonly range: Range },
  findings: Findings,
): void {
  const { id, start, end, request, result } = call;
  const messages = result.messages ?? [];
  const conversation = messages[0]?.conversation ?? '';
  const listed = new Set(messages.map(({ seq }) => seq));
  const highest = request.after === undefined && next !== undefined ? range.to : Math.max(...listed);
  for (let seq = range.from; seq <= highest; seq += 1) {
    const hide = facts.hide(request.account, conversation, seq);
    const stale = (facts.conversation(conversation)?.entries[seq]?.known ?? Infinity) < since;
    if (stale || listed.has(seq) || (hide && hide.tried < end)) continue;
    const what = `${id} shows later messages of ${conversation} and not ${seq}`;
    findings.add({ promise: 'G4', kind: 'page-gap', what, at: start });
    return;
  }
}

function shape(
  { id, end, request, result }: Call<'listMessages'>,
  { from, to }: Range,
  findings: Findings,
): void {
  const messages: readonly SeenMessage[] = result.messages ?? [];
  const forward = request.after !== undefined;
  const wrong = messages.some(({ seq }, i) => {
    const previous = messages[i - 1]?.seq;
    const ordered = previous === undefined || (forward ? seq > previous : seq < previous);
    return !ordered || seq < from || seq > to;
  });
  if (!wrong && messages.length <= request.size) return;
  const what = `${id} shows ${messages.map(({ seq }) => seq).join(', ')} as a page of ${request.size} from ${from} to ${to}`;
  findings.add({ promise: 'G4', kind: 'page', what, at: end });
}
