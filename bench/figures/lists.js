// What a page costs among many messages and accounts, against one among few. On the domain, without a transport, which
// would hide a difference.
import { Row } from '../report/row.js';
import { median } from '../report/statistics.js';
import { callTimes } from '../testbed/rate.js';

export const lists = {
  id: 'lists',
  title: 'Pages among many',
  about: 'history, conversations and accounts at 1,000,000, against 1,000',

  async measure(testbed, { rounds }) {
    const { many, few, calls } = testbed.sizes;
    const folders = { few: await testbed.filledFolder(few), many: await testbed.filledFolder(many) };
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
        // Until both are compiled and what they read is in memory.
        for (const { [name]: page } of Object.values(pages)) await callTimes(calls, page);
        for (let round = 0; round < rounds; round += 1) {
          row.add(
            median(await callTimes(calls, pages.many[name])),
            median(await callTimes(calls, pages.few[name])),
          );
        }
        rows.push(row);
      }
      return rows;
    } finally {
      for (const filler of Object.values(opened)) await filler.close();
    }
  },
};

async function pagesOf({ reader, friends }, filler) {
  const { chat } = filler;
  const { caller } = await filler.login(reader);
  const first = { pageSize: 50, pageToken: '' };
  const history = { ...first, target: { username: friends[0] }, beforeSeq: undefined, afterSeq: undefined };
  const accounts = { ...first, pattern: '*' };
  const { nextPageToken } = await chat.accounts.list(accounts);
  return {
    'ListMessages, newest 50': () => chat.messages.list(caller, history),
    'ListMessages, oldest 50': () => chat.messages.list(caller, { ...history, afterSeq: 0 }),
    'ListConversations, first page': () => chat.conversations.list(caller, first),
    'ListAccounts *, first page': () => chat.accounts.list(accounts),
    'ListAccounts *, second page': () => chat.accounts.list({ ...accounts, pageToken: nextPageToken }),
  };
}
