import type { History } from '../history/history.js';
import { sendingKey, unseenOf } from './conversations.js';
import type { Conversation, Entry } from './conversations.js';
import { listingsOf } from './listing.js';
import type { Findings } from './violation.js';

/**
 * G1, G3 and G4: each conversation is one row of messages 1, 2, 3, …, the same for everybody and for ever, each sent by
 * somebody and there once, in an order that keeps what was sent one after the other.
 */
export function checkMessages(
  history: History,
  conversations: readonly Conversation[],
  nodes: number,
  findings: Findings,
): void {
  const unseen = unseenOf(history, conversations);
  for (const conversation of conversations) {
    agreement(conversation, findings);
    gaps(conversation, unseen(conversation.id), findings);
    doubles(conversation, findings);
    inventions(conversation, findings);
    order(conversation, findings);
    times(conversation, findings);
  }
  acknowledged(history, findings);
  finalLogs(history, conversations, nodes, findings);
  reused(history, findings);
}

function entriesOf({ entries }: Conversation): Entry[] {
  return entries.filter((entry) => entry !== undefined);
}

/** Who has sent what under a number never changes; a text only goes. */
function agreement(conversation: Conversation, findings: Findings): void {
  for (const { seq, sightings } of entriesOf(conversation)) {
    const [first] = sightings;
    const withText = sightings.find(({ message }) => !message.deleted);
    for (const { id, end, message } of sightings) {
      const where = `message ${seq} of ${conversation.id}`;
      if (
        message.senderId !== first?.message.senderId ||
        message.clientMessageId !== first.message.clientMessageId
      ) {
        const what = `${where} is ${first?.message.clientMessageId ?? ''} in ${first?.id ?? ''} and ${message.clientMessageId} in ${id}`;
        findings.add({ promise: 'G1', kind: 'replaced', what, at: end });
      } else if (message.createTime !== first.message.createTime) {
        findings.add({
          promise: 'G4',
          kind: 'time',
          what: `${where} has other times in ${first.id} and ${id}`,
          at: end,
        });
      } else if (!message.deleted && message.text !== withText?.message.text) {
        const what = `${where} has other texts in ${withText?.id ?? ''} and ${id}`;
        findings.add({ promise: 'G1', kind: 'changed', what, at: end });
      } else if (message.deleted && message.text !== '') {
        findings.add({
          promise: 'G8',
          kind: 'text',
          what: `${where} is deleted and has a text in ${id}`,
          at: end,
        });
      }
    }
  }
}

function gaps(conversation: Conversation, unseen: number, findings: Findings): void {
  const holes: number[] = [];
  for (const [seq, entry] of conversation.entries.entries()) {
    if (seq > 0 && !entry) holes.push(seq);
    if (seq === 0 && entry)
      findings.add({ promise: 'G4', kind: 'gap', what: `${conversation.id} has a message 0` });
  }
  if (holes.length <= unseen) return;
  const what = `nobody has ever seen messages ${holes.join(', ')} of ${conversation.id}, and later ones are there`;
  findings.add({ promise: 'G4', kind: 'gap', what });
}

function doubles(conversation: Conversation, findings: Findings): void {
  const seqs = new Map<string, number>();
  for (const { seq, sightings, known } of entriesOf(conversation)) {
    const message = sightings[0]?.message;
    if (!message) continue;
    const key = sendingKey(message.senderId, message.clientMessageId);
    const other = seqs.get(key);
    if (other !== undefined) {
      const what = `${message.clientMessageId} is stored as ${other} and as ${seq} of ${conversation.id}`;
      findings.add({ promise: 'G3', kind: 'doubled', what, at: known });
    }
    seqs.set(key, seq);
  }
}

/** Nothing is there that nobody has sent, that was sent later, or that was refused. */
function inventions(conversation: Conversation, findings: Findings): void {
  for (const { seq, sightings, sending, known } of entriesOf(conversation)) {
    const where = `message ${seq} of ${conversation.id} (${sightings[0]?.message.clientMessageId ?? ''})`;
    if (!sending) {
      findings.add({ promise: 'G4', kind: 'invented', what: `nobody has sent ${where}`, at: known });
      continue;
    }
    if (sending.start > known)
      findings.add({
        promise: 'G4',
        kind: 'invented',
        what: `${where} was seen before it was sent`,
        at: known,
      });
    const text = sightings.find(({ message }) => !message.deleted)?.message.text;
    const fitting = sending.calls.filter(({ request }) => text === undefined || request.text === text);
    if (fitting.length === 0)
      findings.add({
        promise: 'G4',
        kind: 'invented',
        what: `nobody has sent the text of ${where}`,
        at: known,
      });
    else if (fitting.every(({ outcome }) => outcome === 'refused')) {
      const refusals = fitting.map(({ id, reason }) => `${id} ${reason}`).join(', ');
      findings.add({
        promise: 'G9',
        kind: 'refused-and-done',
        what: `${where} is there, and was refused: ${refusals}`,
        at: known,
      });
    }
  }
}

/** What began after another message was known to be stored comes after it. */
function order(conversation: Conversation, findings: Findings): void {
  let firstKnown: Entry | undefined;
  for (const entry of entriesOf(conversation).reverse()) {
    const { seq, sending } = entry;
    if (firstKnown && sending && sending.start > firstKnown.known) {
      const what = `message ${seq} of ${conversation.id} was sent after ${firstKnown.seq} was stored, and comes before it`;
      findings.add({ promise: 'G4', kind: 'reordered', what, at: sending.start });
    }
    if (!firstKnown || entry.known < firstKnown.known) firstKnown = entry;
  }
}

/** What people are shown as the time never goes back within a conversation. */
function times(conversation: Conversation, findings: Findings): void {
  let before = 0;
  for (const { seq, sightings, known } of entriesOf(conversation)) {
    const time = sightings[0]?.message.createTime ?? 0;
    if (time < before)
      findings.add({
        promise: 'G4',
        kind: 'time',
        what: `the time of ${conversation.id} goes back at ${seq}`,
        at: known,
      });
    before = time;
  }
}

/** What a send was answered with is what is there. */
function acknowledged(history: History, findings: Findings): void {
  const places = new Map<string, string>();
  for (const { id, end, request, outcome, result } of history.of('send')) {
    const { message } = result;
    if (outcome !== 'ok' || !message) continue;
    const { conversation, seq, clientMessageId, senderId, text, deleted } = message;
    const asked = clientMessageId === request.clientMessageId && senderId === request.account;
    const elsewhere = request.to.startsWith('#') && request.to.slice(1) !== conversation;
    if (!asked || elsewhere || (!deleted && text !== request.text)) {
      const what = `${id} was answered with another message: ${clientMessageId} of ${senderId} in ${conversation}`;
      findings.add({ promise: 'G3', kind: 'answer', what, at: end });
    }
    const place = `${seq} of ${conversation}`;
    const key = sendingKey(request.account, request.clientMessageId);
    const other = places.get(key);
    if (other !== undefined && other !== place) {
      const what = `${request.clientMessageId} was acknowledged as ${other} and, by ${id}, as ${place}`;
      findings.add({ promise: 'G3', kind: 'doubled', what, at: end });
    }
    places.set(key, place);
  }
}

/**
 * At the end everybody reads, through every node, everything that was ever shown to anybody. What nobody can read then is
 * lost as well: a send's own answer is no proof that anything is there.
 */
function finalLogs(
  history: History,
  conversations: readonly Conversation[],
  nodes: number,
  findings: Findings,
): void {
  const began = history.noted('final reads');
  if (began === undefined) return;
  const byId = new Map(conversations.map((conversation) => [conversation.id, conversation]));
  const late = history.of('listMessages').filter(({ start }) => start >= began);
  const hides = hiddenBy(history);
  /** `conversation node`: read from the first message to the last. */
  const read = new Set<string>();
  for (const { first, pages, whole } of listingsOf(late)) {
    const { to, account, before, after = 0 } = first.request;
    const conversation = byId.get(to.slice(1));
    if (!whole || !conversation) continue;
    if (before === undefined && after === 0) read.add(`${conversation.id} ${first.node}`);
    const listed = new Set(pages.flatMap(({ result }) => (result.messages ?? []).map(({ seq }) => seq)));
    for (const { seq, sending, known } of entriesOf(conversation)) {
      if (listed.has(seq) || hides.has(`${account} ${conversation.id} ${seq}`) || known > first.start)
        continue;
      const sent = sending?.calls.find(({ outcome }) => outcome === 'ok');
      const what = `message ${seq} of ${conversation.id} (${sent ? `acknowledged by ${sent.id}` : 'seen before'}) is not there through node${first.node + 1}: ${first.id}`;
      findings.add({ promise: 'G1', kind: 'lost', what, at: known });
    }
  }
  if (history.noted('end') === undefined) return;
  for (const conversation of conversations) {
    const [first] = entriesOf(conversation);
    const missing = Array.from({ length: nodes }, (_, node) => node).filter(
      (node) => !read.has(`${conversation.id} ${node}`),
    );
    if (!first || missing.length === 0) continue;
    const through = missing.map((node) => `node${node + 1}`).join(', ');
    const what = `nobody could read the whole of ${conversation.id} (${first.sightings[0]?.id ?? ''}) at the end through ${through}`;
    findings.add({ promise: 'G1', kind: 'lost', what, at: began });
  }
}

/** What accounts have tried to delete for themselves: `account conversation seq`. */
export function hiddenBy(history: History): Map<string, number> {
  const hides = new Map<string, number>();
  for (const { start, request, outcome } of history.of('deleteMessages')) {
    if (request.forEveryone || outcome === 'refused') continue;
    for (const seq of request.seqs) {
      const key = `${request.account} ${request.conversation} ${seq}`;
      if (!hides.has(key)) hides.set(key, start);
    }
  }
  return hides;
}

/** The same id with another text is refused, once the first text is stored. */
function reused(history: History, findings: Findings): void {
  const texts = new Map<string, { readonly id: string; readonly text: string }>();
  for (const { id, end, request, outcome, result } of history.of('send')) {
    if (outcome !== 'ok' || result.message?.deleted === true) continue;
    const key = sendingKey(request.account, request.clientMessageId);
    const other = texts.get(key);
    if (other && other.text !== request.text) {
      const what = `${other.id} and ${id} were acknowledged with the same id and different texts`;
      findings.add({ promise: 'G3', kind: 'reused', what, at: end });
    }
    texts.set(key, { id, text: request.text });
  }
}
