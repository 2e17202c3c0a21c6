import type { Call } from '../history/history.js';
import type { SeenMessage } from '../history/record.js';
import type { Facts } from './facts.js';
import type { Findings } from './violation.js';

/**
 * G6 for ListMessages: a page shows everything in its range that was known to be stored when it was asked for, but what
 * the caller has deleted for itself, in order, once.
 */
export function checkPages(facts: Facts, findings: Findings): void {
  const calls = facts.history.of('listMessages').filter(({ outcome }) => outcome === 'ok');
  const byPlace = new Map(calls.map((call) => [placeOf(call, 0), call]));
  for (const call of calls) {
    const before = call.request.page.number === 0 ? undefined : byPlace.get(placeOf(call, -1));
    checkPage(facts, call, before, findings);
  }
}

function placeOf({ request: { page } }: Call<'listMessages'>, step: number): string {
  return `${page.listing} ${page.number + step}`;
}

/** From which number to which one a page has to show everything. */
type Range = { readonly from: number; readonly to: number };

function checkPage(
  facts: Facts,
  call: Call<'listMessages'>,
  before: Call<'listMessages'> | undefined,
  findings: Findings,
): void {
  const { id, start, end, request, result, node } = call;
  const messages = result.messages ?? [];
  const conversation = facts.resolve(request.account, request.to);
  const range = rangeOf(call, before);
  if (!conversation || !range) return;
  const through = `${id} through ${node < 0 ? 'the library' : `node${node + 1}`}`;
  shape(call, range, findings);
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
    if (known >= start || (hide && hide.tried < end)) continue;
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

/** Undefined when the page before it is not known. */
function rangeOf(
  { request, result }: Call<'listMessages'>,
  before: Call<'listMessages'> | undefined,
): Range | undefined {
  const messages = result.messages ?? [];
  const more = result.more === true;
  const last = messages.at(-1)?.seq;
  // Where it ends can't be told.
  if (more && last === undefined) return undefined;
  const forward = request.after !== undefined;
  let first = forward
    ? (request.after ?? 0) + 1
    : request.before === undefined
      ? Infinity
      : request.before - 1;
  if (request.page.number > 0) {
    const previous = before?.result.messages?.at(-1)?.seq;
    if (previous === undefined) return undefined;
    first = forward ? previous + 1 : previous - 1;
  }
  if (forward) return { from: first, to: more ? (last ?? 0) : Infinity };
  return { from: more ? (last ?? 0) : 1, to: first };
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
