import type { Command } from 'commander';
import { act, examples } from '../command.js';
import { sessionJson } from '../json.js';
import { localTime } from '../lines.js';
import { printable } from '../../client/printable.js';

export function addSessionCommands(program: Command): void {
  program
    .command('login')
    .argument('<username>', 'of an account')
    .description('log in; later commands act as this user')
    .addHelpText(
      'after',
      examples(
        'holdfast login alice',
        'holdfast --server chat.example:8888 login alice',
        'echo "$PASSWORD" | holdfast login alice',
      ),
    )
    .action(
      act(async (session, [username = '']) => {
        const password = await session.passwords.read('Password: ');
        const account = await session.logIn(username, password);
        session.print(`You are logged in as ${printable(account.username)}.`, {
          username: account.username,
          id: account.id,
        });
      }),
    );

  program
    .command('logout')
    .description('end this session')
    .addHelpText('after', examples('holdfast logout', 'holdfast --as alice logout'))
    .action(
      act(async (session) => {
        const { client, saved } = await session.loggedIn();
        await client.logOut();
        await session.logOut(saved);
        session.print(`${printable(saved.username)} is logged out.`, { username: saved.username });
      }),
    );

  program
    .command('sessions')
    .option('--revoke <id>', 'end the one with this id')
    .description('list your sessions, or end one')
    .addHelpText(
      'after',
      examples('holdfast sessions', 'holdfast sessions --revoke 8f14e45fceea167a5a36dedd4bea2543'),
    )
    .action(
      act<{ revoke?: string }>(async (session, _args, { revoke }) => {
        const { client } = await session.loggedIn();
        if (revoke !== undefined) {
          await client.revokeSession(revoke);
          session.print('The session has ended.', { revoked: revoke });
          return;
        }
        for (const one of await client.listSessions()) {
          const mark = one.current ? '  (this one)' : '';
          const line = `${printable(one.id)}  since ${localTime(one.createTime)}  ${printable(one.deviceName)}${mark}`;
          session.print(line, sessionJson(one));
        }
      }),
    );
}
