import { Code } from '@connectrpc/connect';
import type { ScriptedServer } from './scripted-servers.js';
import { refusal } from './scripted-servers.js';

type Stored = { readonly sender: string; readonly id: string; readonly text: string };

type Target =
  | { readonly case: 'username'; readonly value: string }
  | { readonly case: 'conversationId'; readonly value: string }
  | { readonly case: undefined };

/**
 * What servers promise about sending (guarantees G3 and G4), in memory: any number of scripted servers may
 * serve one of these. It looks for an id among the messages after `known_seq` only, as a server does.
 */
export class ModelServer {
  /** By conversation id: `with-` and the username. */
  readonly logs = new Map<string, Stored[]>();
  /** Every request to send that has arrived, stored or not. */
  arrived = 0;

  /** Somebody else says something. */
  say(username: string): void {
    const log = this.log(username);
    log.push({ sender: username, id: `${username}-${log.length}`, text: 'said' });
  }

  /** Texts that the caller has sent to that person, in order. */
  sentTo(username: string): string[] {
    return this.log(username)
      .filter(({ sender }) => sender === 'me')
      .map(({ text }) => text);
  }

  get server(): ScriptedServer & { readonly messages: object } {
    return {
      messages: {
        sendMessage: ({ target, text, clientMessageId, knownSeq }) => {
          this.arrived += 1;
          const username = this.usernameOf(target);
          const log = this.log(username);
          if (knownSeq !== undefined && knownSeq > log.length) {
            throw refusal(Code.InvalidArgument, 'KNOWN_SEQ_NOT_FOUND');
          }
          let at = log.findIndex(
            ({ sender, id }, i) => i >= Number(knownSeq ?? 0) && sender === 'me' && id === clientMessageId,
          );
          if (at < 0) at = log.push({ sender: 'me', id: clientMessageId, text }) - 1;
          return { message: this.message(username, at) };
        },
        listMessages: ({ target }) => {
          const username = this.usernameOf(target);
          const last = this.log(username).length - 1;
          return { messages: last < 0 ? [] : [this.message(username, last)] };
        },
      },
    };
  }

  private message(username: string, at: number) {
    const stored = this.log(username)[at];
    if (!stored) throw new Error('there is no such message');
    const { sender, id, text } = stored;
    return { conversationId: `with-${username}`, seq: BigInt(at + 1), sender, text, clientMessageId: id };
  }

  private usernameOf(target: Target): string {
    if (target.case === undefined) throw refusal(Code.InvalidArgument, 'TARGET_MISSING');
    const name = target.case === 'username' ? target.value.toLowerCase() : target.value.slice('with-'.length);
    if (name === 'nobody') throw refusal(Code.NotFound, 'ACCOUNT_NOT_FOUND');
    if (name === 'gone') throw refusal(Code.FailedPrecondition, 'CONVERSATION_CLOSED');
    return name;
  }

  private log(username: string): Stored[] {
    const log = this.logs.get(username) ?? [];
    this.logs.set(username, log);
    return log;
  }
}
