import type { Command } from 'commander';
import { accountJson } from '../json.js';
import { act } from '../command.js';
import { localTime, table } from '../lines.js';
import { collect } from '../pages.js';
import { printable } from '../../client/printable.js';
import { wholeNumber } from '../whole-number.js';

export function addAccountCommands(program: Command): void {
  const account = program.command('account').description('create, find, change and delete accounts');

  account
    .command('create')
    .argument('<username>', "1 to 32 of letters, digits, '.', '_' and '-'")
    .description('create an account and log in')
    .addHelpText(
      'after',
      '\nExamples:\n  npx holdfast account create alice\n  echo "$PASSWORD" | npx holdfast account create alice',
    )
    .action(
      act(async (session, [username = '']) => {
        const password = await session.passwords.readNew('Password (at least 8 characters): ');
        const created = await session.signUp(username, password);
        session.print(`Welcome, ${printable(created.username)}. You are logged in.`, accountJson(created));
      }),
    );

  account
    .command('list')
    .argument('[pattern]', "'*' stands for any run of characters, '?' for one", '*')
    .option('--limit <count>', 'at most this many', wholeNumber, 1_000)
    .description('find people')
    .addHelpText('after', "\nExamples:\n  npx holdfast account list\n  npx holdfast account list 'al*'")
    .action(
      act<{ limit: number }>(async (session, [pattern = '*'], { limit }) => {
        const { client } = await session.loggedIn();
        const found = await collect(limit, (page) => client.listAccounts({ pattern, ...page }));
        for (const one of found) session.print(printable(one.username), accountJson(one));
      }),
    );

  account
    .command('show')
    .argument('<username>')
    .description('show one account')
    .action(
      act(async (session, [username = '']) => {
        const { client } = await session.loggedIn();
        const found = await client.getAccount(username);
        const rows = [
          ['username', printable(found.username)],
          ['since', localTime(found.createTime)],
          ['id', printable(found.id)],
        ];
        session.print(table(rows), accountJson(found));
      }),
    );

  account
    .command('password')
    .description('change your password; every other session ends')
    .action(
      act(async (session) => {
        const { client } = await session.loggedIn();
        const oldPassword = await session.passwords.read('Old password: ');
        const newPassword = await session.passwords.readNew('New password (at least 8 characters): ');
        await client.changePassword({ oldPassword, newPassword });
        session.print('Your password is changed; every other session has ended.', { changed: true });
      }),
    );

  account
    .command('delete')
    .description('delete your account for ever')
    .addHelpText(
      'after',
      '\nYour name becomes free. What you have sent to others stays with them, shown as from a deleted account.',
    )
    .action(
      act(async (session) => {
        const { client, saved } = await session.loggedIn();
        session.note(
          `This deletes the account ${saved.username} for ever. What you have sent stays with others.`,
        );
        const password = await session.passwords.read('Password: ');
        await client.deleteAccount(password);
        await session.forget(saved);
        session.print(`The account ${saved.username} is deleted.`, { deleted: saved.username });
      }),
    );
}
