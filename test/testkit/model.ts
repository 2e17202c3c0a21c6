import { ChatError } from '../../src/chat/chat-error.js';

export type Person = { readonly name: string; alive: boolean };

type Stored = { readonly sender: Person; readonly id: string; readonly sent: string; text: string | null };

export type Talk = {
  readonly members: readonly Person[];
  readonly log: Stored[];
  readonly cursors: Map<Person, number>;
  readonly hidden: Map<Person, Set<number>>;
  /** When something was last said. */
  lastTime: number;
};

export type Shown = {
  readonly seq: number;
  readonly sender: string;
  readonly text: string;
  readonly deleted: boolean;
};

/** What the domain promises, in memory and without a store: tests compare the two. */
export class Model {
  private readonly people: Person[] = [];
  private readonly talks: Talk[] = [];

  person(name: string): Person | undefined {
    return this.people.find((person) => person.alive && person.name === name);
  }

  create(name: string): Person {
    if (this.person(name)) throw new ChatError('USERNAME_TAKEN');
    const person = { name, alive: true };
    this.people.push(person);
    return person;
  }

  remove(person: Person): void {
    person.alive = false;
  }

  /**
   * Whether the caller has sent this id to someone of this name whose account was deleted. Then the name may
   * still be taken for that person: the first result (G3), or the answer for the name as it is now, are both right.
   */
  sentToGone(caller: Person, name: string, id: string): boolean {
    return this.talks.some(
      ({ members, log }) =>
        members.includes(caller) &&
        members.some((member) => !member.alive && member.name === name) &&
        log.some((message) => message.sender === caller && message.id === id),
    );
  }

  /** A conversation that exists. */
  talk(caller: Person, other: Person): Talk | undefined {
    return this.talks.find(({ members }) => same(members, [caller, other]));
  }

  send(caller: Person, otherName: string, text: string, id: string, now: number): number {
    const other = this.person(otherName);
    if (!other) throw new ChatError('ACCOUNT_NOT_FOUND');
    let talk = this.talk(caller, other);
    const before = talk?.log.findIndex((message) => message.sender === caller && message.id === id) ?? -1;
    const stored = talk?.log[before];
    if (stored) {
      if (stored.text !== null && stored.sent !== text) throw new ChatError('CLIENT_MESSAGE_ID_REUSED');
      return before + 1;
    }
    if (!talk) {
      talk = { members: [caller, other], log: [], cursors: new Map(), hidden: new Map(), lastTime: now };
      this.talks.push(talk);
    }
    talk.log.push({ sender: caller, id, sent: text, text });
    talk.lastTime = now;
    return talk.log.length;
  }

  read(caller: Person, talk: Talk): Shown[] {
    return talk.log
      .map((message, i) => show(message, i + 1))
      .filter(({ seq }) => !talk.hidden.get(caller)?.has(seq));
  }

  unread(caller: Person, talk: Talk): Shown[] {
    const cursor = talk.cursors.get(caller) ?? 0;
    return this.read(caller, talk).filter(({ seq }) => seq > cursor && talk.log[seq - 1]?.sender !== caller);
  }

  markRead(caller: Person, talk: Talk, seq: number): number {
    if (seq > talk.log.length) throw new ChatError('MESSAGE_NOT_FOUND');
    const cursor = Math.max(seq, talk.cursors.get(caller) ?? 0);
    talk.cursors.set(caller, cursor);
    return cursor;
  }

  delete(caller: Person, talk: Talk, seqs: readonly number[], forEveryone: boolean): void {
    const found = seqs.map((seq) => talk.log[seq - 1]);
    if (found.includes(undefined)) throw new ChatError('MESSAGE_NOT_FOUND');
    if (!forEveryone) {
      const hidden = talk.hidden.get(caller) ?? new Set();
      for (const seq of seqs) hidden.add(seq);
      talk.hidden.set(caller, hidden);
      return;
    }
    if (found.some((message) => message?.sender !== caller)) throw new ChatError('NOT_THE_SENDER');
    for (const message of found) if (message) message.text = null;
  }

  conversations(caller: Person) {
    return this.talks
      .filter(({ members }) => members.includes(caller))
      .sort((a, b) => b.lastTime - a.lastTime)
      .map((talk) => {
        const other = talk.members.find((member) => member !== caller) ?? caller;
        return {
          title: other.alive ? other.name : '',
          headSeq: talk.log.length,
          readSeq: talk.cursors.get(caller) ?? 0,
          unreadCount: this.unread(caller, talk).length,
          closed: !other.alive,
          last: this.read(caller, talk).find(({ seq }) => seq === talk.log.length)?.text,
        };
      });
  }
}

function same(a: readonly Person[], b: readonly Person[]): boolean {
  return a.every((one) => b.includes(one)) && b.every((one) => a.includes(one));
}

function show({ sender, text }: Stored, seq: number): Shown {
  return { seq, sender: sender.alive ? sender.name : '', text: text ?? '', deleted: text === null };
}
