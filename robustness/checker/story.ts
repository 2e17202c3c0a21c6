import { History } from '../history/history.js';
import type { HistoryRecord, Outcome, Request, Result, SeenMessage, StreamEvent } from '../history/record.js';
import { checkPromises } from './check.js';
import { Findings } from './violation.js';

/** [start, end], or one moment: then the call takes half a unit from there. */
type When = number | readonly [number, number];
type Answer = { readonly outcome?: Outcome; readonly reason?: string; readonly node?: number };
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A history made by hand, for tests of the checker: ann, ben and whoever else write in the conversation `c`. */
export class Story {
  private readonly records: HistoryRecord[] = [];
  private count = 0;

  /** A call with its end. `who`: account, session and client are named alike. */
  call(
    who: string,
    when: When,
    request: Without<Request, 'account' | 'session'> & { session?: string },
    result: Result = {},
    answer: Answer = {},
  ): this {
    this.count += 1;
    const [start, end] = typeof when === 'number' ? [when, when + 0.5] : when;
    const { outcome = 'ok', reason, node = 0 } = answer;
    const id = `call-${this.count}`;
    const call = { account: who, session: who, ...request } as Request;
    this.records.push({ type: 'call', id, client: who, node, at: start, call });
    if (end !== Infinity)
      this.records.push({
        type: 'return',
        id,
        at: end,
        outcome,
        result,
        ...(reason !== undefined && { reason }),
      });
    return this;
  }

  /** A send that was stored as `seq`. */
  send(who: string, when: When, seq: number, id = `m${seq}`, text = `text ${id}`): this {
    const message = said(who, seq, { clientMessageId: id, text });
    return this.call(who, when, { op: 'send', to: '#c', text, clientMessageId: id }, { message });
  }

  sendUnknown(who: string, when: number, id: string, text = `text ${id}`): this {
    return this.call(who, [when, Infinity], { op: 'send', to: '#c', text, clientMessageId: id });
  }

  /** The newest messages, by number; `from`: older than that. */
  list(who: string, when: When, messages: readonly SeenMessage[], more = false): this {
    this.count += 1;
    const page = { listing: `listing-${this.count}`, number: 0 };
    return this.call(who, when, { op: 'listMessages', to: '#c', size: 100, page }, { messages, more });
  }

  stream(
    who: string,
    start: number,
    events: readonly (readonly [number, StreamEvent])[],
    more: { from?: 'now' | 'start' | 'token'; chain?: string; end?: number } = {},
  ): this {
    const { from = 'start', chain = `chain of ${who}`, end = 1_000 } = more;
    const id = `call-${this.count + 1}`;
    this.call(who, [start, end], { op: 'subscribe', chain, from });
    for (const [at, event] of events) this.records.push({ type: 'event', id, at, event, token: true });
    return this;
  }

  /** One event each half a unit, each with whether it comes with a token; over right after the last one. */
  streamOf(
    who: string,
    start: number,
    events: readonly (readonly [StreamEvent, boolean])[],
    more: { from?: 'start' | 'token' | 'cursors'; cursors?: Record<string, number> } = {},
  ): this {
    const id = `call-${this.count + 1}`;
    const request = { op: 'subscribe' as const, chain: `chain of ${who}`, from: 'start' as const, ...more };
    this.call(who, [start, start + events.length], request);
    for (const [i, [event, token]] of events.entries())
      this.records.push({ type: 'event', id, at: start + (i + 1) / 2, event, token });
    return this;
  }

  note(at: number, note: string): this {
    this.records.push({ type: 'note', at, note });
    return this;
  }

  fault(kind: string, nodes: readonly number[], held: number, heal: number): this {
    this.count += 1;
    const fault = {
      type: 'fault' as const,
      id: `fault-${this.count}`,
      kind,
      nodes,
      stops: true,
      evidence: 'seen',
    };
    this.records.push(
      { ...fault, at: held - 1, phase: 'begin' },
      { ...fault, at: held, phase: 'held' },
      { ...fault, at: heal, phase: 'heal' },
      { ...fault, at: heal + 1, phase: 'end' },
    );
    return this;
  }

  get history(): History {
    return new History(this.records);
  }

  /** What is found, each kind once: `G1 lost`. The assumptions are not checked. */
  get found(): string[] {
    const findings = new Findings();
    checkPromises(this.history, 5, findings);
    return [...new Set(findings.all.map(({ promise, kind }) => `${promise} ${kind}`))].sort();
  }
}

/** The message `seq` as a server shows it. */
export function said(senderId: string, seq: number, more: Partial<SeenMessage> = {}): SeenMessage {
  const clientMessageId = more.clientMessageId ?? `m${seq}`;
  const text = `text ${clientMessageId}`;
  return {
    conversation: 'c',
    seq,
    senderId,
    clientMessageId,
    text,
    deleted: false,
    createTime: seq,
    ...more,
  };
}

/** The same, deleted for everyone. */
export function gone(senderId: string, seq: number): SeenMessage {
  return said(senderId, seq, { text: '', deleted: true });
}
