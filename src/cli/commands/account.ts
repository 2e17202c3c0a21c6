import { Option } from 'commander';
import type { Command } from 'commander';
import { CliError, exitStatus } from '../cli-error.js';
import { accountJson } from '../json.js';
import { act, examples } from '../command.js';
import { localTime, table } from '../lines.js';
import { eachOf } from '../pages.js';
import { printable } from '../../client/printable.js';
import { shellWord } from '../shell-word.js';
import { countFrom1 } from '../whole-number.js';

/** Throws what a server would say, before a password is asked for. */
function checkUsername(username: string): void {
  if (/^[A-Za-z0-9._-]{1,32}$/.test(username)) return;
  const message = "A username is 1 to 32 of letters a to z, digits, '.', '_' and '-'. (USERNAME_INVALID)";
  throw new CliError(exitStatus.refused, message, { reason: 'USERNAME_INVALID' });
}

type ListOptions = { readonly limit: number; readonly all?: boolean; readonly page?: string };

export function addAccountCommands(program: Command): void {
  const account = program.command('account').description('create, find, change and delete accounts');

  account
    .command('create')
    .argument('<username>', "1 to 32 of letters, digits, '.', '_' and '-'")
    .description('create an account and log in')
    .addHelpText(
      'after',
      examples('holdfast account create alice', 'echo "$PASSWORD" | holdfast account create alice'),
    )
    .action(
      act(async (session, [username = '']) => {
        checkUsername(username);
        const password = await session.passwords.readNew('Password (at least 8 characters): ');
        const created = await session.signUp(username, password);
        session.print(`Welcome, ${printable(created.username)}. You are logged in.`, accountJson(created));
      }),
    );

  account
    .command('list')
    .argument('[pattern]', "'*' stands for any run of characters, '?' for one", '*')
    .option('--limit <count>', 'at most this many', countFrom1, 1_000)
    .addOption(new Option('--all', 'without a limit').conflicts('limit'))
    .option('--page <page>', 'go on where an earlier list has ended')
    .description('find people')
    .addHelpText('after', examples('holdfast account list', "holdfast account list 'al*' --limit 20"))
    .action(
      act<ListOptions>(async (session, [pattern = '*'], { limit, all, page }) => {
        const { client } = await session.loggedIn();
        let count = 0;
        const next = await eachOf(
          { limit: all ? Infinity : limit, page },
          (request) => client.listAccounts({ pattern, ...request }),
          (one) => {
            count += 1;
            session.print(printable(one.username), accountJson(one));
          },
        );
        if (count === 0 && next === '') session.note(`Nobody is called ${printable(pattern)}.`);
        session.more(`account list ${shellWord(pattern)} --limit ${limit}`, next);
      }),
    );

  account
    .command('show')
    .argument('<username>', 'of anybody')
    .description('show one account')
    .addHelpText('after', examples('holdfast account show bob'))
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
    .addHelpText(
      'after',
      examples('holdfast account password', `printf '%s\\n' "$OLD" "$NEW" | holdfast account password`),
    )
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
      '\nYour name becomes free. What you have sent to others stays with them, shown as from a deleted account.\n' +
        examples('holdfast account delete', 'echo "$PASSWORD" | holdfast --as alice account delete'),
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
