import { lastText } from '../clients/follower.js';
import { nextPage } from '../clients/caller.js';
import type { Caller, Login, PageOf, Way } from '../clients/caller.js';
import { untilOk } from './people.js';

const pageSize = 200;

/** Sends a last message into each conversation between two of these people. Returns each one's conversations. */
export async function sendLast(
  caller: Caller,
  logins: ReadonlyMap<string, Login>,
): Promise<Record<string, string[]>> {
  const names = [...logins.keys()];
  const conversations: Record<string, string[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (const [i, from] of names.entries()) {
    for (const to of names.slice(i + 1)) {
      const login = logins.get(from);
      if (!login) continue;
      const clientMessageId = `last-${from}-${to}`;
      const message = { to, text: `${lastText} ${from} and ${to}`, clientMessageId };
      const reply = await untilOk(async (way) => caller.send(way, login, message));
      for (const name of [from, to]) conversations[name]?.push(reply.message?.conversationId ?? '');
    }
  }
  return conversations;
}

/** Reads everything there is, as each of these people, through each node. */
export async function readEverything(
  caller: Caller,
  logins: ReadonlyMap<string, Login>,
  nodes: number,
): Promise<void> {
  for (let node = 0; node < nodes; node += 1) {
    for (const login of logins.values()) {
      const ids = await conversations(caller, login, node);
      for (const id of ids) {
        const request = { to: `#${id}`, size: pageSize, after: 0 };
        await pages(caller, node, async (way, page) => caller.listMessages(way, login, request, page));
      }
      await pages(caller, node, async (way, page) => caller.listUnread(way, login, pageSize, page));
    }
    const [first] = logins.values();
    if (first)
      await pages(caller, node, async (way, page) => caller.listAccounts(way, first, '*', pageSize, page));
  }
}

async function conversations(caller: Caller, login: Login, node: number): Promise<string[]> {
  const found: string[] = [];
  await pages(caller, node, async (way, page) => {
    const ended = await caller.listConversations(way, login, pageSize, page);
    found.push(...(ended.reply?.conversations ?? []).map(({ id }) => id));
    return ended;
  });
  return found;
}

type Ended = {
  readonly outcome: string;
  readonly reason: string;
  readonly reply?: { readonly nextPageToken: string };
};

async function pages(
  caller: Caller,
  node: number,
  call: (way: Way, page: PageOf) => Promise<Ended>,
): Promise<void> {
  let page: PageOf | undefined = caller.firstPage();
  while (page) {
    const current: PageOf = page;
    const { nextPageToken } = await untilOk(async (way) => call(way, current), node);
    page = nextPageToken === '' ? undefined : nextPage(current, nextPageToken);
  }
}
