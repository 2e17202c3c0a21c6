import type { Random } from '../random.js';
import { nextPage } from './caller.js';
import type { Caller, Login, PageOf } from './caller.js';
import type { NodeChoice } from './node-choice.js';
import { SpareSession } from './spare-session.js';

const weights = {
  send: 26,
  sendAgain: 5,
  sendOtherText: 1.5,
  sendToStranger: 1.5,
  newest: 9,
  earlier: 4,
  later: 4,
  pages: 2,
  unread: 4,
  conversations: 6,
  markRead: 6,
  deleteForMe: 1.5,
  deleteForEveryone: 3,
  getAccount: 1.5,
  status: 1,
  session: 1.2,
};

/** What a person knows of the conversation with another one. */
type Known = {
  readonly peer: string;
  conversation: string;
  head: number;
  /** Own messages that were acknowledged and not deleted, by number. */
  readonly own: number[];
};

type Sent = {
  readonly to: string;
  readonly text: string;
  readonly clientMessageId: string;
  readonly knownSeq: number | undefined;
};

/** Somebody who writes, reads, marks and deletes, one thing after the other, at random, through any node. */
export class Person {
  private login: Login | undefined;
  private readonly known: Known[];
  private readonly sent: Sent[] = [];
  private readonly spare: SpareSession;
  /** Conversations with those who come and go. */
  private strangers: readonly string[] = [];
  /** Sent, and not known to be stored: tried again first. */
  private unsure: Sent | undefined;
  private count = 0;

  constructor(
    private readonly caller: Caller,
    private readonly identity: { readonly username: string; readonly password: string },
    peers: readonly string[],
    private readonly nodes: NodeChoice,
    private readonly random: Random,
  ) {
    this.known = peers.map((peer) => ({ peer, conversation: '', head: 0, own: [] }));
    this.spare = new SpareSession(caller, identity, nodes, random);
  }

  /** One thing. Resolves when it has ended, in whichever way. */
  async act(): Promise<void> {
    const login = await this.loggedIn();
    if (!login) return;
    if (this.unsure && this.random.chance(0.6)) return this.retry(login, this.unsure);
    const known = this.random.pick(this.known);
    switch (this.random.weighted(weights)) {
      case 'send':
        return this.send(login, known);
      case 'sendAgain':
        return this.sent.length === 0 ? undefined : this.retry(login, this.random.pick(this.sent));
      case 'sendOtherText':
        return this.sendOtherText(login);
      case 'sendToStranger':
        return this.sendToStranger(login);
      case 'newest':
        return this.list(login, known, {});
      case 'earlier':
        return this.list(login, known, { before: this.random.int(1, known.head + 2) });
      case 'later':
        return this.list(login, known, {
          after: this.random.int(Math.max(0, known.head - 40), known.head + 1),
        });
      case 'pages':
        return this.list(
          login,
          known,
          this.random.chance(0.5) ? {} : { after: Math.max(0, known.head - 60) },
          4,
        );
      case 'unread':
        return this.unread(login);
      case 'conversations':
        return this.conversations(login);
      case 'markRead':
        return this.markRead(login, known);
      case 'deleteForMe':
        return this.deleteForMe(login, known);
      case 'deleteForEveryone':
        return this.deleteForEveryone(login, known);
      case 'getAccount':
        return this.judge(await this.caller.getAccount(this.nodes.next(), login, known.peer));
      case 'status':
        return this.judge(await this.caller.status(this.nodes.next(), login));
      case 'session':
        return this.spare.act(login);
    }
  }

  private async loggedIn(): Promise<Login | undefined> {
    if (this.login) return this.login;
    const { username, password } = this.identity;
    this.login = await this.caller.login(this.nodes.patient(), username, password);
    if (!this.login) this.nodes.move();
    return this.login;
  }

  private judge({ outcome, reason }: { readonly outcome: string; readonly reason: string }): void {
    if (outcome !== 'ok' && !expected.has(reason)) this.nodes.failed();
    // The checker says that this must not be; the run goes on.
    if (reason === 'SESSION_ENDED') this.login = undefined;
  }

  private target({ peer, conversation }: Known): string {
    return conversation !== '' && this.random.chance(0.5) ? `#${conversation}` : peer;
  }

  private async send(login: Login, known: Known): Promise<void> {
    this.count += 1;
    const clientMessageId = `${this.caller.name}-${this.count}`;
    const padding = this.random.chance(0.05) ? 'x'.repeat(this.random.int(0, 3_000)) : '';
    const sent = {
      to: this.target(known),
      text: `text of ${clientMessageId} ${padding}`,
      clientMessageId,
      knownSeq: this.random.chance(0.6) ? known.head : undefined,
    };
    this.sent.push(sent);
    await this.retry(login, sent, known);
  }

  /** Whose account may be deleted: then it must be refused. */
  private async sendToStranger(login: Login): Promise<void> {
    if (this.strangers.length === 0) return;
    this.count += 1;
    const clientMessageId = `${this.caller.name}-${this.count}`;
    const to = `#${this.random.pick(this.strangers)}`;
    const message = { to, text: `text of ${clientMessageId}`, clientMessageId };
    this.judge(await this.caller.send(this.nodes.next(), login, message));
  }

  private async retry(login: Login, sent: Sent, known?: Known): Promise<void> {
    const ended = await this.caller.send(this.nodes.next(), login, sent);
    this.judge(ended);
    if (ended.outcome === 'unknown' && this.random.chance(0.8)) this.unsure = sent;
    else if (this.unsure === sent && ended.outcome === 'ok') this.unsure = undefined;
    const message = ended.reply?.message;
    if (!message) return;
    const place = known ?? this.known.find(({ conversation }) => conversation === message.conversationId);
    if (!place) return;
    place.conversation = message.conversationId;
    place.head = Math.max(place.head, Number(message.seq));
    if (!message.deleted && !place.own.includes(Number(message.seq))) place.own.push(Number(message.seq));
  }

  private async sendOtherText(login: Login): Promise<void> {
    if (this.sent.length === 0) return;
    const sent = this.random.pick(this.sent);
    this.judge(
      await this.caller.send(this.nodes.next(), login, { ...sent, text: `${sent.text}, otherwise` }),
    );
  }

  private async list(
    login: Login,
    known: Known,
    bounds: { before?: number; after?: number },
    pages = 1,
  ): Promise<void> {
    const request = { to: this.target(known), size: this.random.int(1, 15), ...bounds };
    let page: PageOf | undefined = this.caller.firstPage();
    while (page && page.number < pages) {
      const ended = await this.caller.listMessages(this.nodes.next(), login, request, page);
      this.judge(ended);
      const { reply } = ended;
      for (const { conversationId, seq } of reply?.messages ?? []) {
        known.conversation = conversationId;
        known.head = Math.max(known.head, Number(seq));
      }
      page = reply && reply.nextPageToken !== '' ? nextPage(page, reply.nextPageToken) : undefined;
    }
  }

  private async unread(login: Login): Promise<void> {
    const size = this.random.int(1, 25);
    let page: PageOf | undefined = this.caller.firstPage();
    while (page && page.number < 3) {
      const ended = await this.caller.listUnread(this.nodes.next(), login, size, page);
      this.judge(ended);
      const token = ended.reply?.nextPageToken ?? '';
      page = token === '' ? undefined : nextPage(page, token);
    }
  }

  private async conversations(login: Login): Promise<void> {
    const size = this.random.int(1, 12);
    let page: PageOf | undefined = this.caller.firstPage();
    while (page && page.number < 3) {
      const ended = await this.caller.listConversations(this.nodes.next(), login, size, page);
      this.judge(ended);
      const listed = ended.reply?.conversations ?? [];
      const strangers = listed.filter(({ title }) => !this.known.some(({ peer }) => peer === title));
      if (strangers.length > 0) this.strangers = strangers.map(({ id }) => id);
      for (const { id, title, headSeq } of listed) {
        const known = this.known.find(({ peer }) => peer === title);
        if (!known) continue;
        known.conversation = id;
        known.head = Math.max(known.head, Number(headSeq));
      }
      const token = ended.reply?.nextPageToken ?? '';
      page = token === '' ? undefined : nextPage(page, token);
    }
  }

  private async markRead(login: Login, { conversation, head }: Known): Promise<void> {
    if (head === 0) return;
    // Also backwards, which must change nothing.
    const seq = this.random.chance(0.8) ? head : this.random.int(1, head + 1);
    this.judge(await this.caller.markRead(this.nodes.next(), login, conversation, seq));
  }

  private async deleteForMe(login: Login, { conversation, head }: Known): Promise<void> {
    if (head === 0) return;
    const seqs = [this.random.int(Math.max(1, head - 20), head + 1)];
    this.judge(await this.caller.deleteMessages(this.nodes.next(), login, conversation, seqs, false));
  }

  private async deleteForEveryone(login: Login, { conversation, own, head }: Known): Promise<void> {
    if (head === 0) return;
    if (this.random.chance(0.1)) {
      // Perhaps another's: then it must be refused.
      const seqs = [this.random.int(1, head + 1)];
      return this.judge(await this.caller.deleteMessages(this.nodes.next(), login, conversation, seqs, true));
    }
    const seqs = this.random.pickSome(own.slice(-30), this.random.int(1, 4));
    if (seqs.length === 0) return;
    this.judge(await this.caller.deleteMessages(this.nodes.next(), login, conversation, seqs, true));
    // Some are deleted again.
    for (const seq of seqs) if (this.random.chance(0.9)) own.splice(own.indexOf(seq), 1);
  }
}

/** Refusals that are right, on any node. */
const expected = new Set([
  'CLIENT_MESSAGE_ID_REUSED',
  'NOT_THE_SENDER',
  'MESSAGE_NOT_FOUND',
  'ACCOUNT_NOT_FOUND',
  'CONVERSATION_CLOSED',
  'CONVERSATION_NOT_FOUND',
  'KNOWN_SEQ_NOT_FOUND',
  'USERNAME_TAKEN',
  'CREDENTIALS_WRONG',
  'PASSWORD_WRONG',
]);
