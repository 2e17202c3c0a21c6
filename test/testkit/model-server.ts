import { Code } from '@connectrpc/connect';
import type { ListMessagesRequest, SendMessageRequest } from '../../src/api/holdfast/v1/message_pb.js';
import { refusal } from './scripted-servers.js';

type Stored = { readonly sender: string; readonly id: string; readonly text: string };

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

  sendMessage({ target, text, clientMessageId, knownSeq }: SendMessageRequest) {
    this.arrived += 1;
    const username = usernameOf(target);
    const log = this.log(username);
    if (knownSeq !== undefined && knownSeq > log.length) {
      throw refusal(Code.InvalidArgument, 'KNOWN_SEQ_NOT_FOUND');
    }
    const after = Number(knownSeq ?? 0);
    const isSame = ({ sender, id }: Stored) => sender === 'me' && id === clientMessageId;
    let at = log.findIndex((stored, i) => i >= after && isSame(stored));
    if (at < 0) at = log.push({ sender: 'me', id: clientMessageId, text }) - 1;
    return { message: this.message(username, at) };
  }

  listMessages({ target }: ListMessagesRequest) {
    const username = usernameOf(target);
    const last = this.log(username).length - 1;
    return { messages: last < 0 ? [] : [this.message(username, last)] };
  }

  private message(username: string, at: number) {
    const stored = this.log(username)[at];
    if (!stored) throw new Error('there is no such message');
    const { sender, id, text } = stored;
    return { conversationId: `with-${username}`, seq: BigInt(at + 1), sender, text, clientMessageId: id };
  }

  private log(username: string): Stored[] {
    const log = this.logs.get(username) ?? [];
    this.logs.set(username, log);
    return log;
  }
}

function usernameOf({ case: kind, value }: SendMessageRequest['target']): string {
  if (kind === undefined) throw refusal(Code.InvalidArgument, 'TARGET_MISSING');
  return kind === 'username' ? value.toLowerCase() : value.slice('with-'.length);
}
