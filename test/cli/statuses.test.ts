import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OutboxFolder } from '../../src/client-node/outbox-folder.js';
import { exitStatus } from '../../src/cli/cli-error.js';
import { objects, startPeople } from '../testkit/cli-people.js';
import { eventually } from '../testkit/deadline.js';
import { program } from '../testkit/server-process.js';

describe('exit statuses', () => {
  it('are those that are documented, each with its error, as an object with --json', async () => {
    const { people, home, shell, server } = await startPeople('ann', 'ben');
    const { ann } = people;
    const tried = { servers: ['localhost:1'] };
    const cases: [keyof typeof exitStatus, string[], object][] = [
      ['refused', ['account', 'show', 'bne'], { error: 'ACCOUNT_NOT_FOUND', suggestions: ['ben'] }],
      ['refused', ['delete', 'ben', '1'], { error: 'REFUSED', message: 'there are no messages with ben' }],
      ['usage', ['conversatins'], { error: 'USAGE', suggestions: ['conversations'] }],
      ['usage', ['read', 'ben', '--al'], { error: 'USAGE', suggestions: ['--all', '--as'] }],
      ['usage', ['account'], { error: 'USAGE' }],
      ['usage', ['read', 'ben', '--unread'], { error: 'USAGE' }],
      ['usage', ['read', 'ben', '--before', '5', '--after', '3'], { error: 'USAGE' }],
      ['usage', ['send', 'ben', '--known', '1', 'x'], { error: 'USAGE' }],
      ['usage', ['watch', '--own'], { error: 'USAGE' }],
      [
        'unreachable',
        ['send', 'ben', 'x', '--server', 'localhost:1'],
        { error: 'UNREACHABLE', kept: true, ...tried },
      ],
      ['notLoggedIn', ['--as', 'an', 'sessions'], { error: 'NOT_LOGGED_IN', suggestions: ['ann'] }],
    ];
    const provoked = new Set<keyof typeof exitStatus>();
    for (const [status, args, expected] of cases) {
      const outcome = await ann.run(['--json', ...args]);
      expect([args, outcome.status, outcome.out]).toEqual([args, exitStatus[status], '']);
      expect(objects(outcome.err)).toEqual([
        { message: expect.any(String) as string, exit_status: exitStatus[status], ...expected },
      ]);
      provoked.add(status);
    }
    // A command that fails for a message.
    const watching = shell.spawn(process.execPath, [
      ...[program, '--as', 'ann', '--json', 'watch', '--resume', '--stop-on-failure', '--exec', 'exit 7'],
    ]);
    await eventually('a message is handled', async () => {
      await people.ben.say('ann', `m${Date.now()}`);
      return watching.err !== '';
    });
    const failed = await watching.ended();
    expect([failed.status, objects(failed.err)]).toEqual([
      exitStatus.execFailed,
      [{ error: 'EXEC_FAILED', message: expect.stringContaining('status 7') as string, exit_status: 5 }],
    ]);
    provoked.add('execFailed');
    // At a prompt.
    const asking = shell.onTerminal(['login', 'ann']);
    await asking.shows('Password');
    asking.type('\u0003');
    expect((await asking.ended()).status).toBe(exitStatus.interrupted);
    provoked.add('interrupted');
    expect([...provoked].sort()).toEqual(Object.keys(exitStatus).sort());
    // What is damaged on this machine.
    const path = join(home, 'servers', 'ann.json');
    await writeFile(path, '{');
    const damaged = await ann.run(['--json', 'sessions']);
    expect([damaged.status, objects(damaged.err)]).toMatchObject([1, [{ error: 'STATE_UNUSABLE' }]]);
    expect(server.log).not.toContain('"level":50');
  });
});

describe('for people', () => {
  it('what is mistyped is answered with what may be meant', async () => {
    const { people, shell } = await startPeople('Alice', 'ann');
    const { ann } = people;
    const meant = async (args: string[]) => (await ann.run(args)).err;
    expect(await meant(['send', 'alcie', 'hi'])).toBe(
      'holdfast: There is no account with this username: check the spelling. (ACCOUNT_NOT_FOUND)\n' +
        'Did you mean Alice?\n',
    );
    expect(await meant(['account', 'show', 'nobody'])).not.toContain('Did you mean');
    expect(await meant(['sned', 'ann', 'hi'])).toBe(
      "holdfast: unknown command 'sned'\n(Did you mean send?)\n(add --help to see how)\n",
    );
    const alone = await shell.run([]);
    expect([alone.status, alone.err, alone.out]).toEqual([0, '', expect.stringContaining('Exit status:')]);
    expect(await shell.run(['--version'])).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });
});

describe('a reader that has seen enough', () => {
  it('ends a command quietly, and what it has not seen stays unread', async () => {
    const { people, shell } = await startPeople('ann', 'ben');
    for (let i = 0; i < 30; i += 1) await people.ann.say('ben', `${i} ${'long '.repeat(3_000)}`);
    const piped = (rest: string) =>
      shell
        .spawn('bash', [
          '--norc',
          '-c',
          `'${process.execPath}' '${program}' ${rest}; echo "\${PIPESTATUS[0]}"`,
        ])
        .ended();
    expect(await piped('read ann --all | head -c 10 | wc -c')).toMatchObject({ out: '10\n0\n', err: '' });
    const [conversation] = (await people.ben.client.listConversations()).items;
    expect(conversation?.unreadCount).toBe(30);
    const full = await piped('read ann --all > /dev/full');
    expect(full).toMatchObject({ out: '1\n' });
    expect(full.err).toMatch(/^holdfast: standard output can not be written: [^\n]+\n$/);
    expect((await people.ben.client.listConversations()).items[0]?.unreadCount).toBe(30);
    // Nobody to hear the error: the status still tells.
    expect(await piped('--as zoe read ann 2>&1 >&- | true')).toMatchObject({ out: '4\n', err: '' });
  });
});

describe('what others have written', () => {
  const hostile = 'a\u001b]0;title\u0007\u001b[2J\u009b31m\r\u202eb\nc';

  it('is shown, and never acted on by a terminal', async () => {
    const { people } = await startPeople('ann', 'ben');
    await people.ann.say('ben', hostile);
    for (const args of [['read', '--unread', '--peek'], ['conversations'], ['read', 'ann']]) {
      const { out } = await people.ben.run(args);
      expect(out).toContain('a␛]0;title␇␛[2J\\u{9b}31m␍\\u{202e}b');
      expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    const { out } = await people.ben.run(['--json', 'read', 'ann']);
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(objects(out)).toMatchObject([{ text: hostile }]);
    const mistyped = await people.ben.run(['send', '\u001b[31mann', 'x']);
    expect(mistyped.err).not.toContain('\u001b');
  });
});

describe('a message with an id of its own', () => {
  it('is stored once, however often and by whichever command it is sent', async () => {
    const { people, home } = await startPeople('ann', 'ben');
    const { ann } = people;
    const send = (...args: string[]) => ann.run(['send', 'ben', '--id', 'once', ...args]);
    // Kept, and given again while it waits.
    const kept = await send('hello', '--server', 'localhost:1');
    expect([kept.status, kept.err]).toEqual([
      3,
      'holdfast: No server can be reached. (UNREACHABLE) ' +
        'The message is kept, and sent by the next command: do not send it again.\n' +
        'Tried localhost:1. --server HOST:PORT names another one.\n',
    ]);
    // Servers then look for it in all of the conversation.
    const [entry] = await new OutboxFolder(home, ann.saved.accountId).load();
    expect(entry).toMatchObject({ clientMessageId: 'once', knownSeq: 0 });
    expect(await send('hello')).toMatchObject({ status: 0, out: 'Sent, number 1.\n' });
    await ann.say('ben', 'another');
    expect(await send('hello', '--known', '0')).toMatchObject({ status: 0, out: 'Sent, number 1.\n' });
    const other = await send('something else');
    expect([other.status, other.err]).toEqual([1, expect.stringContaining('CLIENT_MESSAGE_ID_REUSED')]);
    expect((await ann.run(['send', 'ben', '--id', 'with a space', 'x'])).status).toBe(2);
    const { items } = await ann.client.listMessages({ target: { username: 'ben' } });
    expect(items.map(({ text }) => text)).toEqual(['another', 'hello']);
  });
});

describe('the environment', () => {
  it('says who to be and where the files are', async () => {
    const { people, shell, server, home } = await startPeople('ann', 'ben');
    await people.ann.say('ben', 'hi');
    const run = async (...words: string[]) => {
      const command = shell.spawn('env', [
        ...words.slice(0, -1),
        process.execPath,
        program,
        words.at(-1) ?? '',
      ]);
      return command.ended();
    };
    expect((await run('HOLDFAST_AS=ann', 'conversations')).out).toMatch(/^ben +hi$/m);
    expect((await run('HOLDFAST_AS=', 'conversations')).out).toMatch(/^ann +1 unread +hi$/m);
    const [state, config] = [join(home, 'state'), join(home, 'config')];
    const line = `echo 'correct horse' | "$0" "$1" --server ${server.address} login ann && "$0" "$1" conversations`;
    const xdg = ['env', '-u', 'HOLDFAST_HOME', `XDG_STATE_HOME=${state}`, `XDG_CONFIG_HOME=${config}`];
    const [command, ...args] = [...xdg, 'bash', '--norc', '-c', line, process.execPath, program];
    const running = shell.spawn(command, args);
    await once(running.child, 'exit');
    expect((await running.ended()).out).toMatch(/You are logged in as ann\.\nben +hi\n/);
    const files = await shell.spawn('find', [state, config, '-type', 'f', '-printf', '%m %P\\n']).ended();
    expect(files.out.split('\n').filter(Boolean).sort()).toEqual([
      '600 holdfast/current-user',
      '600 holdfast/servers/ann.json',
      '600 holdfast/sessions/ann.json',
    ]);
  });
});
