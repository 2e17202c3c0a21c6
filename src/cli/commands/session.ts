import type { Command } from 'commander';
import { ClientError } from '../../client/client-error.js';
import { act } from '../command.js';
import { sessionJson } from '../json.js';
import { localTime } from '../lines.js';
import { printable } from '../printable.js';

export function addSessionCommands(program: Command): void {
  program
    .command('login')
    .argument('<username>')
    .description('log in; later commands act as this user')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast login alice\n  holdfast --server chat.example:8888 login alice',
    )
    .action(
      act(async (session, [username = '']) => {
        const password = await session.passwords.read('Password: ');
        const saved = await session.login(username, password);
        session.print(`You are logged in as ${saved.username}.`, {
          username: saved.username,
          id: saved.accountId,
        });
      }),
    );

  program
    .command('logout')
    .description('end this session')
    .action(
      act(async (session) => {
        const { client, saved } = await session.loggedIn();
        try {
          await client.repeat(({ sessions }, options) => sessions.logout({}, options));
        } catch (error) {
          // Ended already: that is what was asked for.
          if (!(error instanceof ClientError) || !error.sessionOver) throw error;
        }
        await session.file.remove(saved.username);
        session.print(`${saved.username} is logged out.`, { username: saved.username });
      }),
    );

  program
    .command('sessions')
    .option('--revoke <id>', 'end this session')
    .description('list your sessions, or end one')
    .action(
      act<{ revoke?: string }>(async (session, _args, { revoke }) => {
        const { client } = await session.loggedIn();
        if (revoke !== undefined) {
          const request = { sessionId: revoke };
          await client.repeat(({ sessions }, options) => sessions.revokeSession(request, options));
          session.print('The session has ended.', { revoked: revoke });
          return;
        }
        const reply = await client.repeat(({ sessions }, options) => sessions.listSessions({}, options));
        for (const one of reply.sessions) {
          const mark = one.current ? '  (this one)' : '';
          const line = `${one.id}  since ${localTime(one.createTime)}  ${printable(one.deviceName)}${mark}`;
          session.print(line, sessionJson(one));
        }
      }),
    );
}
