import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { objects, startPeople } from '../testkit/cli-people.js';
import type { RunningCommand } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess, program } from '../testkit/server-process.js';

async function start() {
  const started = await startPeople('ann', 'bot');
  const watch = (...options: string[]) =>
    started.shell.spawn(process.execPath, [program, '--as', 'bot', 'watch', ...options]);
  const watching = async (...options: string[]) => {
    const running = watch(...options);
    const begun = () => `${running.err}${running.out}`;
    await eventually('it watches', () => /Watching as bot|"connected"/.test(begun()));
    return running;
  };
  const lines = async (path: string) =>
    (await readFile(path, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  return { ...started, watching, lines };
}

async function stop(running: RunningCommand) {
  running.signal('SIGTERM');
  return running.ended();
}

describe('watch --exec', () => {
  it('runs the command for messages of others, one after the other, and never puts them into it', async () => {
    const { people, home, watching, lines } = await start();
    const log = join(home, 'log');
    // The first one takes longest: only one at a time keeps the order.
    const command =
      `echo "begin $HOLDFAST_SEQ" >> '${log}'; test $HOLDFAST_SEQ = 1 && sleep 1; ` +
      `echo "$HOLDFAST_SENDER $HOLDFAST_SEQ $HOLDFAST_AS [$(cat)]" >> '${log}'`;
    const running = await watching('--exec', command);
    const hostile = "$(touch /tmp/no) `id` \"; echo 'x' & \\";
    await people.ann.say('bot', hostile);
    await people.bot.say('ann', 'of its own');
    await people.ann.say('bot', 'third');
    await people.ann.say('bot', 'fourth');
    await eventually('all are handled', async () => (await lines(log)).length === 6);
    expect(await lines(log)).toEqual([
      'begin 1',
      `ann 1 bot [${hostile}]`,
      'begin 3',
      'ann 3 bot [third]',
      'begin 4',
      'ann 4 bot [fourth]',
    ]);
    expect(await stop(running)).toMatchObject({ status: 0, out: '' });
    const own = await watching('--own', '--exec', 'echo "$HOLDFAST_SENDER: $(cat)"');
    await people.bot.say('ann', 'mine');
    await own.shows('bot: mine\n');
    await stop(own);
  });

  it('goes on after a failure, and takes a command that reads nothing', async () => {
    const { people, watching } = await start();
    const running = await watching(
      '--json',
      '--exec',
      'echo "out $HOLDFAST_SEQ"; exit $((HOLDFAST_SEQ - 1))',
    );
    const handled = () =>
      objects(running.out).flatMap(({ event, seq, exec_status }) =>
        event === 'message' ? [[seq, exec_status]] : [],
      );
    for (const text of ['long '.repeat(3_000), 'two', 'three']) await people.ann.say('bot', text);
    await eventually('all are handled', () => handled().length === 3);
    expect(handled()).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
    ]);
    expect(running.err).toContain('out 3');
    await stop(running);
  });

  it('ends with --stop-on-failure, and begins with the same message the next time', async () => {
    const { people, home, watching, lines } = await start();
    const [log, fixed] = [join(home, 'log'), join(home, 'fixed')];
    const options = ['--resume', '--stop-on-failure', '--exec'];
    const command = `echo "$HOLDFAST_SEQ" >> '${log}'; test $HOLDFAST_SEQ != 2 || test -e '${fixed}'`;
    const running = await watching(...options, command);
    for (const text of ['one', 'two', 'three']) await people.ann.say('bot', text);
    expect(await running.ended()).toMatchObject({
      status: 5,
      err: expect.stringContaining(
        'holdfast: the command failed with the status 1 for number 2 of ann\n',
      ) as string,
    });
    await writeFile(fixed, '');
    const again = await watching(...options, command);
    await eventually('all are handled', async () => (await lines(log)).length === 4);
    expect(await lines(log)).toEqual(['1', '2', '2', '3']);
    expect((await stop(again)).status).toBe(0);
    // What stops the watch lets the command end that is running, and counts it as done.
    const slow = `echo begin >> '${log}'; sleep 1; echo "end $HOLDFAST_SEQ" >> '${log}'`;
    const stopped = await watching(...options, slow);
    await people.ann.say('bot', 'four');
    await people.ann.say('bot', 'five');
    await eventually('the fourth has begun', async () => (await lines(log)).includes('begin'));
    expect((await stop(stopped)).status).toBe(0);
    expect((await lines(log)).slice(4)).toEqual(['begin', 'end 4']);
    const last = await watching(...options, 'echo "and $HOLDFAST_SEQ"');
    await last.shows('and 5\n');
    expect(last.out).toBe('and 5\n');
    await stop(last);
  });
});

describe('watch --resume', () => {
  it('misses and doubles nothing when the server is killed and started again', async () => {
    const { people, server, folder, watching } = await start();
    const running = await watching('--json', '--resume');
    const seen = () => objects(running.out).flatMap(({ event, seq }) => (event === 'message' ? [seq] : []));
    for (const text of ['one', 'two']) await people.ann.say('bot', text);
    await eventually('two are shown', () => seen().length === 2);
    await server.kill();
    await ServerProcess.start(folder, { config: { port: Number(server.address.split(':').at(-1)) } });
    for (const text of ['three', 'four']) await people.ann.say('bot', text);
    await eventually('four are shown', () => seen().length >= 4);
    await people.ann.say('bot', 'five');
    await eventually('the last is shown', () => seen().includes(5));
    expect(seen()).toEqual([1, 2, 3, 4, 5]);
    expect((await stop(running)).status).toBe(0);
  });
});

describe('the bot of docs/cli.md', () => {
  it('answers every message once, also when it is killed at its worst moment', async () => {
    const { people, home, shell, lines } = await start();
    const page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    const [, script = ''] = /```sh\n(#!\/bin\/sh\n# ping-bot:[^]*?)```/.exec(page) ?? [];
    const [, command = ''] = /```sh\n(npx holdfast --as bot watch [^]*?)\n```/.exec(page) ?? [];
    const [npx, bot, answered] = ['npx', 'ping-bot', 'answered'].map((name) => join(home, name));
    // What npx does in a clone; then, once, the power fails before the answer is noted.
    await writeFile(
      npx ?? '',
      `#!/bin/sh\nshift\ncase $* in *" send "*|send*) '${process.execPath}' '${program}' "$@" && echo >> '${answered ?? ''}'\n` +
        `test -e '${answered ?? ''}.on' || { kill -9 $(cat '${home}/watch.pid'); : > '${answered ?? ''}.on'; } ;;\n` +
        `*) echo $$ > '${home}/watch.pid'; exec '${process.execPath}' '${program}' "$@" ;; esac\n`,
    );
    await writeFile(bot ?? '', script);
    for (const path of [npx, bot]) await chmod(path ?? '', 0o700);
    const run = () =>
      shell.spawn('bash', [
        '--norc',
        '-c',
        `cd '${home}'; PATH='${home}':$PATH; ${command}; echo "ended $?"`,
      ]);
    const first = run();
    await eventually('it watches', () => first.err.includes('Watching as bot.'));
    await people.ann.say('bot', 'ping');
    await first.shows('ended 137');
    const second = run();
    await eventually(
      'it answers again',
      async () => (await lines(`${answered ?? ''}.on`)).length >= 0 && second.err.includes('Watching'),
    );
    await people.ann.say('bot', 'hello?');
    const texts = async () => {
      const { items } = await people.ann.client.listMessages({ target: { username: 'bot' }, afterSeq: 0 });
      return items.map(({ sender, text }) => `${sender}: ${text}`);
    };
    await eventually('both are answered', async () => (await texts()).length >= 4);
    // The first message was handled twice, and answered once.
    await eventually('three answers were sent', async () => (await countLines(answered ?? '')) === 3);
    expect((await texts()).sort()).toEqual(
      ['ann: ping', 'bot: pong', 'ann: hello?', 'bot: I know only "ping".'].sort(),
    );
    process.kill(Number(await readFile(join(home, 'watch.pid'), 'utf8')), 'SIGTERM');
    await second.shows('ended 0');
  });
});

async function countLines(path: string): Promise<number> {
  return (await readFile(path, 'utf8').catch(() => '')).split('\n').length - 1;
}

describe('watch', () => {
  it('says in whose conversation something was deleted', async () => {
    const { people, watching } = await start();
    const running = await watching();
    await people.ann.say('bot', 'to be deleted');
    await running.shows('ann: to be deleted');
    await people.ann.run(['delete', 'bot', '1', '--for-everyone']);
    await running.shows('deleted in the conversation with ann: 1\n');
    await stop(running);
  });
});
