import { MessageService } from '../../src/api/holdfast/v1/message_pb.js';
import type { HistoryWriter } from '../history/history-writer.js';
import type { Request } from '../history/record.js';
import type { Random } from '../random.js';
import type { Caller, Login } from './caller.js';
import type { NodeChoice } from './node-choice.js';
import type { Recorder } from './recorder.js';
import { seenEvent } from './seen.js';

export type FollowerParts = {
  readonly caller: Caller;
  readonly recorder: Recorder;
  readonly history: HistoryWriter;
  readonly identity: { readonly username: string; readonly password: string };
  readonly nodes: NodeChoice;
  readonly random: Random;
};

/** Texts that end a run begin with this: who follows waits for them. */
export const lastText = 'last of';

/** A subscriber that goes from node to node, and resumes where it was, by a token or by cursors. */
export class Follower {
  private login: Login | undefined;
  private chain = '';
  private everything = false;
  private token = '';
  private readonly cursors = new Map<string, number>();
  /** Conversations whose last text has come. */
  readonly lasts = new Set<string>();
  private current: AbortController | undefined;

  constructor(private readonly parts: FollowerParts) {}

  /** Whose events it follows. */
  get username(): string {
    return this.parts.identity.username;
  }

  async run(stopped: AbortSignal): Promise<void> {
    const stop = () => this.current?.abort();
    stopped.addEventListener('abort', stop);
    while (!stopped.aborted) {
      const { username, password } = this.parts.identity;
      this.login ??= await this.parts.caller.login(this.parts.nodes.patient(), username, password);
      if (!this.login) this.parts.nodes.move();
      else await this.follow(this.login, stopped);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    stopped.removeEventListener('abort', stop);
  }

  /** One stream, for as long as it lasts or is liked. */
  private async follow(login: Login, stopped: AbortSignal): Promise<void> {
    const { caller, recorder, history, nodes, random } = this.parts;
    const { node } = nodes.next();
    const connection = recorder.connection(node);
    if (!(await connection.ready()) || stopped.aborted) return nodes.move();
    const request = this.request(await this.anyConversation(login, node));
    const call: Request = {
      op: 'subscribe',
      chain: this.chain,
      from: request.from,
      account: login.account,
      session: login.session,
      ...(request.from === 'cursors' && { cursors: Object.fromEntries(this.cursors) }),
    };
    const id = recorder.begin(caller.name, node, call);
    const controller = new AbortController();
    this.current = controller;
    // A subscriber on a node that stands still hears nothing: after a while it goes elsewhere.
    const timer = setTimeout(() => controller.abort(), random.int(500, 9_000));
    const failure = await connection.follow(MessageService.method.subscribe, request.message, {
      token: login.token,
      signal: controller.signal,
      onEvent: (response) => {
        const event = seenEvent(response);
        if (!event) return;
        const token = response.resumeToken !== '';
        history.add({ type: 'event', id, event, token });
        if (token) this.token = response.resumeToken;
        if (event.kind !== 'message') return;
        const { conversation, seq, text } = event.message;
        this.cursors.set(conversation, seq);
        if (text.startsWith(lastText)) this.lasts.add(conversation);
      },
    });
    clearTimeout(timer);
    recorder.end(
      id,
      failure ? { outcome: 'refused', reason: failure.reason } : { outcome: 'ok', reason: '' },
    );
    if (failure) nodes.move();
    if (failure?.reason === 'SESSION_ENDED') this.login = undefined;
  }

  /** One that the account is in; undefined when none is found. Asked for only when a chain begins. */
  private async anyConversation(login: Login, node: number): Promise<string | undefined> {
    const { caller, random } = this.parts;
    if (this.token !== '' || random.chance(0.5)) return undefined;
    const way = { node, deadline: 2_500 };
    const { reply } = await caller.listConversations(way, login, 1, caller.firstPage());
    return reply?.conversations[0]?.id;
  }

  /** `conversation`: makes a new chain begin with the first message of everything. */
  private request(conversation: string | undefined) {
    const { recorder, random } = this.parts;
    if (this.token === '') {
      this.chain = recorder.nextId();
      this.everything = conversation !== undefined;
      this.cursors.clear();
      // A cursor of any conversation makes all others begin with their first message.
      if (conversation !== undefined)
        return { from: 'start' as const, message: { cursors: { [conversation]: 0n } } };
      return { from: 'now' as const, message: {} };
    }
    // Without cursors for all that it was told of, only who began with everything can resume by them.
    if (this.everything && this.cursors.size > 0 && random.chance(0.3)) {
      const cursors = Object.fromEntries([...this.cursors].map(([id, seq]) => [id, BigInt(seq)]));
      return { from: 'cursors' as const, message: { cursors } };
    }
    return { from: 'token' as const, message: { resumeToken: this.token } };
  }
}
