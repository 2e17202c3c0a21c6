import { MessageService } from '../../src/api/holdfast/v1/message_pb.js';
import type { Login } from '../clients/caller.js';
import { lastText } from '../clients/follower.js';
import type { Recorder } from '../clients/recorder.js';
import { seenEvent } from '../clients/seen.js';
import type { HistoryWriter } from '../history/history-writer.js';

/** Milliseconds for one person. */
const patience = 60_000;

type Parts = { readonly recorder: Recorder; readonly history: HistoryWriter };

/**
 * Follows everything from its first message on, once nothing happens any more, as each of these people, each through
 * another node: what was deleted before must not come. `conversations`: of each username, those with a last text. Returns
 * who has waited in vain.
 */
export async function followEverything(
  parts: Parts,
  logins: ReadonlyMap<string, Login>,
  conversations: Readonly<Record<string, readonly string[]>>,
): Promise<string[]> {
  const missing: string[] = [];
  for (const [i, [username, login]] of [...logins].entries()) {
    const own = conversations[username] ?? [];
    const left = await follow(parts, i % parts.recorder.nodeCount, login, own);
    missing.push(...left.map((conversation) => `${username} in ${conversation}`));
  }
  return missing;
}

/** Returns the conversations whose last text did not come. */
async function follow(
  { recorder, history }: Parts,
  node: number,
  login: Login,
  conversations: readonly string[],
): Promise<string[]> {
  const left = new Set(conversations);
  const [any] = conversations;
  if (any === undefined) return [];
  const { account, session } = login;
  const chain = recorder.nextId();
  const id = recorder.begin('run', node, { op: 'subscribe', chain, from: 'start', account, session });
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), patience);
  // A cursor of any conversation makes all others begin with their first message.
  const request = { cursors: { [any]: 0n } };
  const failure = await recorder.connection(node).follow(MessageService.method.subscribe, request, {
    token: login.token,
    signal: controller.signal,
    onEvent: (response) => {
      const event = seenEvent(response);
      if (!event) return;
      history.add({ type: 'event', id, event, token: response.resumeToken !== '' });
      if (event.kind === 'message' && event.message.text.startsWith(lastText))
        left.delete(event.message.conversation);
      // A sign of life comes when nothing else is on its way.
      else if (event.kind === 'heartbeat' && left.size === 0) controller.abort();
    },
  });
  clearTimeout(timer);
  recorder.end(id, failure ? { outcome: 'refused', reason: failure.reason } : { outcome: 'ok', reason: '' });
  return [...left];
}
