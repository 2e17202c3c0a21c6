// What a page costs among many messages and accounts, against one among few; and what conversations cost somebody who is
// in many, which is linear by design. On the domain, without a transport, which would hide a difference.
import { Row } from '../report/row.js';
import { median } from '../report/statistics.js';
import { conversations } from '../testbed/filled-folder.js';
import { callTimes } from '../testbed/rate.js';

/** Somebody who is in many conversations, and in how many. */
const popular = 'popular';
const popularConversations = 2_000;
const first = { pageSize: 50, pageToken: '' };
/** The row of somebody who is in a few conversations, however many messages those have. */
const ofReader = `ListConversations, first page of ${conversations} conversations`;

export const lists = {
  id: 'lists',
  title: 'Pages among many',
  about: 'history, conversations and accounts at 1,000,000, against 1,000',

  async measure(testbed, { rounds }) {
    const { many, few, calls } = testbed.sizes;
    const folders = { few: await testbed.filledFolder(few), many: await testbed.filledFolder(many) };
    await folders.many.addPopular(popular, popularConversations);
    const opened = {};
    try {
      const pages = {};
      for (const [which, folder] of Object.entries(folders)) {
        opened[which] = await folder.open();
        pages[which] = await pagesOf(folder, opened[which]);
      }
      const rows = [];
      for (const name of Object.keys(pages.few)) {
        const row = new Row({
          name,
          unit: 'ms',
          floor: `among ${few.toLocaleString('en-US')}`,
          aims: [{ of: 'median', atMost: 2 }],
        });
        await compare(row, pages.many[name], pages.few[name], { calls, rounds });
        rows.push(row);
      }
      const own = new Row({
        name: `ListConversations, first page of ${popularConversations.toLocaleString('en-US')} conversations`,
        unit: 'ms',
        floor: `of ${conversations}, in the same folder`,
        // A page has to read all that its owner is in.
        aims: [],
      });
      // A tenth of the calls, each of which takes a hundred times as long.
      const times = { calls: Math.ceil(calls / 10), rounds };
      await compare(own, await conversationsOf(popular, opened.many), pages.many[ofReader], times);
      own.note('times as many conversations', popularConversations / conversations);
      rows.push(own);
      return rows;
    } finally {
      for (const filler of Object.values(opened)) await filler.close();
    }
  },
};

async function compare(row, page, floor, { calls, rounds }) {
  // Until both are compiled and what they read is in memory.
  for (const act of [floor, page]) await callTimes(calls, act);
  for (let round = 0; round < rounds; round += 1) {
    row.add(median(await callTimes(calls, page)), median(await callTimes(calls, floor)));
  }
}

async function conversationsOf(username, filler) {
  const { caller } = await filler.login(username);
  return () => filler.chat.conversations.list(caller, first);
}

async function pagesOf({ reader, friends }, filler) {
  const { chat } = filler;
  const { caller } = await filler.login(reader);
  const history = { ...first, target: { username: friends[0] }, beforeSeq: undefined, afterSeq: undefined };
  const accounts = { ...first, pattern: '*' };
  const { nextPageToken } = await chat.accounts.list(accounts);
  return {
    'ListMessages, newest 50': () => chat.messages.list(caller, history),
    'ListMessages, oldest 50': () => chat.messages.list(caller, { ...history, afterSeq: 0 }),
    [ofReader]: await conversationsOf(reader, filler),
    'ListAccounts *, first page': () => chat.accounts.list(accounts),
    'ListAccounts *, second page': () => chat.accounts.list({ ...accounts, pageToken: nextPageToken }),
  };
}
