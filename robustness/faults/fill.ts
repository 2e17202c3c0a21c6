import type { Caller, Login } from '../clients/caller.js';
import type { Filler } from './fault.js';

const text = 'x'.repeat(16 * 1_024);
const together = 8;
/** Milliseconds. */
const deadline = 9_000;
const patience = 300_000;

/** Fills the database with long messages until they are refused, and deletes them again. */
export class StoreFiller implements Filler {
  private conversation = '';
  private readonly seqs: number[] = [];
  private count = 0;

  constructor(
    private readonly caller: Caller,
    private readonly login: () => Promise<Login>,
    private readonly to: string,
    private readonly nodes: number,
  ) {}

  async fill(): Promise<string> {
    const login = await this.login();
    const began = this.count;
    await this.within('the store is full', async () => {
      const reasons = await Promise.all(Array.from({ length: together }, async () => this.send(login)));
      return reasons.includes('STORE_FULL');
    });
    return `STORE_FULL after ${this.count - began} messages of ${text.length} bytes`;
  }

  async empty(): Promise<string> {
    const login = await this.login();
    while (this.seqs.length > 0) {
      const part = this.seqs.slice(0, 100);
      const way = { node: this.count % this.nodes, deadline };
      const { outcome } = await this.caller.deleteMessages(way, login, this.conversation, part, true);
      this.count += 1;
      if (outcome === 'ok') this.seqs.splice(0, part.length);
    }
    await this.within('sends are taken again', async () => {
      const reason = await this.send(login);
      if (reason !== '') await new Promise((resolve) => setTimeout(resolve, 1_000));
      return reason === '';
    });
    return 'sends are taken again';
  }

  /** The reason of the refusal. */
  private async send(login: Login): Promise<string> {
    this.count += 1;
    const clientMessageId = `${this.caller.name}-${this.count}`;
    const way = { node: this.count % this.nodes, deadline };
    const message = {
      to: this.to,
      text: `${clientMessageId} ${text}`.slice(0, text.length),
      clientMessageId,
    };
    const { reason, reply } = await this.caller.send(way, login, message);
    if (reply?.message) {
      this.conversation = reply.message.conversationId;
      this.seqs.push(Number(reply.message.seq));
    }
    return reason;
  }

  private async within(what: string, done: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + patience;
    while (!(await done())) if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
  }
}
