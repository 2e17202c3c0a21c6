import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OutboxFolder } from '../../src/client-node/outbox-folder.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { TerminalPerson } from '../testkit/terminal-person.js';

const escape = '\u001b';
const long = 'This is a text that is long enough to be broken into several rows on a terminal of 40 columns.';

async function start() {
  const server = await ServerProcess.start(await temporaryFolder());
  const servers = [server.address];
  return { ann: await TerminalPerson.join(servers, 'ann'), ben: await TerminalPerson.join(servers, 'ben') };
}

it('is drawn anew for each size, one pane at a time when narrow, down to 40 columns and 12 rows', async () => {
  const { ann, ben } = await start();
  await ben.say('ann', long);
  const screen = ann.chat({ columns: 100, rows: 30 });
  await screen.answer(['ben', '\r'], ['ben: This is', 'My answer']);
  await screen.shows('My answer');
  expect(screen.rows[1]).toMatch(/^›ben .*│/);
  screen.resize(40, 12);
  await screen.until('there is one pane', () => screen.rows[0]?.startsWith(' ben ') === true);
  await screen.shows('My answer');
  expect(screen.rows.slice(6)).toEqual([
    expect.stringMatching(/^ \d\d:\d\d ben: This is a text that is long$/),
    '       enough to be broken into several',
    '       rows on a terminal of 40 columns.',
    expect.stringMatching(/^─ to ben ─+$/),
    '▌ My answer',
    ' F1 keys   Enter send',
  ]);
  expect(screen.cursor).toEqual({ row: 10, column: 11 });
  screen.type(escape);
  await screen.shows('↑↓ choose');
  screen.type(escape);
  await screen.until('there is the list', () => screen.rows[1]?.startsWith('▌ben') === true);
  expect(screen.text).not.toContain('My answer');
  screen.resize(18, 5);
  await screen.shows('Too small a window');
  screen.resize(100, 30);
  await screen.shows('My answer', 'ben: This is a text that is long enough');
  expect(screen.rows[29]).toContain('keys');
});

it('puts characters of two columns, joined ones and accents where they belong', async () => {
  const { ann, ben } = await start();
  const text = '你好 👩‍👩‍👧 🇨🇭 e\u0301 한국어 ❤️|';
  await ben.say('ann', text);
  await ben.say('ann', '漢'.repeat(30));
  const screen = ann.chat({ columns: 80, rows: 20 });
  await screen.answer(['ben', '\r'], ['漢', '字👩‍👩‍👧e\u0301x']);
  await screen.shows('ben: 你好', '字');
  await screen.until('the cursor follows', () => screen.cursor.column === 23 + 1 + 2 + 6 - 1);
  const row = screen.rows.findIndex((line) => line.includes('你好'));
  // The list and its border take 23 columns, the time 7, the name 5, and the text 22 up to its last character.
  expect(screen.cell(row, 23 + 7 + 5 + 22)?.getChars()).toBe('|');
  for (const [i, line] of screen.rows.slice(1, -1).entries()) {
    expect([i, screen.cell(i + 1, 22)?.getChars(), line.length > 0]).toEqual([i, '│', true]);
  }
});

it('shows what would act on the terminal, in texts and in names of sessions', async () => {
  const { ann, ben } = await start();
  const hostile = [
    `${escape}[2J${escape}[31mred${escape}]0;title\u0007${escape}[?1049l`,
    'a\u202ebc\u2066d pay\u200bpal \u009b31m \u0000\u0008\r',
    `${escape}P+q544e${escape}\\ ${escape}c \u000e`,
    `z${'\u0301'.repeat(500)}`,
  ];
  for (const text of hostile) await ben.say('ann', text);
  const device = `dev${escape}[2J\u202eice`;
  await ann.client.logIn({ username: 'ann', password: 'correct horse', deviceName: device });
  const screen = ann.chat({ columns: 100, rows: 24 });
  await screen.answer(['ben', '\r']);
  await screen.shows(
    '␛[2J␛[31mred␛]0;title␇␛[?1049l',
    'a\\u{202e}bc\\u{2066}d pay\\u{200b}pal \\u{9b}31m ␀␈␍',
  );
  await screen.shows('␛P+q544e␛\\ ␛c ␎');
  screen.type('\u000fs');
  await screen.shows('dev␛[2J\\u{202e}ice');
  // Nothing but what the screen itself uses: the frame's modes, places, erased rows, looks.
  const sent = Buffer.from(screen.raw, 'latin1').toString();
  const own = /\u001b\[(?:\?(?:1049|7|2004|2026|25)[hl]|\d*;?\d*H|2[JK]|\d*m)/g;
  expect(sent.replace(own, '')).not.toMatch(
    /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202e\u2066]/,
  );
});

it('shows what would act on the terminal in names, too', async () => {
  const { ann } = await start();
  const name = `b${escape}[2J\u202e`;
  const { accountId, token } = ann.saved;
  const session = { version: 1, username: `a${escape}]0;t\u0007`, accountId, token };
  await writeFile(join(ann.home, 'sessions', 'ann.json'), JSON.stringify(session));
  await new OutboxFolder(ann.home, accountId).put({
    key: 'key',
    order: 1,
    clientMessageId: 'id',
    target: { username: name },
    text: 'hi',
    addTime: 1,
    knownSeq: 0,
    tried: true,
    refusal: { reason: 'USERNAME_INVALID', message: 'No such name.' },
  });
  for (const columns of [100, 40]) {
    const screen = ann.chat({ columns, rows: 24 });
    await screen.answer(['b␛[2J', '\r']);
    await screen.shows('to b␛[2J\\u{202e}');
    if (columns === 100) await screen.shows('Holdfast · a␛]0;t␇');
    else await screen.until('the header names them', () => screen.rows[0]?.includes('b␛[2J') === true);
    expect(Buffer.from(screen.raw, 'latin1').toString()).not.toMatch(/b\u001b\[2J|a\u001b\]|\u202e/);
  }
});

it('uses no colour with NO_COLOR, and is as clear without', async () => {
  const { ann, ben } = await start();
  await ben.say('ann', 'hello');
  const colored = ann.chat();
  await colored.answer(['ben', '\r'], ['ben: hello', 'hi\r']);
  await colored.until('it is sent', () => /\d\d:\d\d ann: hi/.test(colored.text));
  const color = /\u001b\[(?:3[0-8]|4[0-8]|9\d|10\d)[;m]/;
  expect(colored.raw).toMatch(color);
  const plain = ann.chat({ env: { NO_COLOR: '1' } });
  await plain.answer(['ben', '\r'], ['ann: hi', '\u000fc']);
  await plain.shows('One server alone', 'up');
  expect(plain.raw).not.toMatch(color);
});

it('goes on after a stop from outside, and takes each key once', async () => {
  const { ann, ben } = await start();
  await ben.say('ann', 'hello');
  // With a shell in between: script stops with its own child.
  const screen = ann.chat({ then: 'true' });
  await screen.answer(['ben', '\r'], ['ben: hello', 'before']);
  await screen.shows('▌ before');
  process.kill(screen.pid, 'SIGSTOP');
  // As a shell does, when it takes the terminal.
  spawnSync('stty', ['-F', readlinkSync(`/proc/${screen.pid}/fd/0`), 'sane']);
  process.kill(screen.pid, 'SIGCONT');
  await eventually('it has the terminal again', () => !screen.isSane);
  screen.type(' after');
  await screen.shows('▌ before after');
  expect(screen.text).not.toContain('aafftteerr');
});

it('goes on after Ctrl-Z where no shell could continue it', async () => {
  const { ann, ben } = await start();
  await ben.say('ann', 'hello');
  const screen = ann.chat();
  await screen.answer(['ben', '\r'], ['ben: hello', '\u001a']);
  await screen.until('it is back', () => screen.raw.split(`${escape}[?1049h`).length === 3);
  await eventually('it has the terminal again', () => !screen.isSane);
  screen.type('still here');
  await screen.shows('▌ still here');
});

it('gives the terminal back after SIGTERM and SIGHUP', async () => {
  const { ann } = await start();
  for (const [signal, status] of [
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    const screen = ann.chat({ then: 'echo status $?; stty -a' });
    await screen.shows('No conversations');
    expect(screen.isFullScreen).toBe(true);
    process.kill(screen.pid, signal);
    await screen.shows(`status ${status}`);
    await sane(screen);
  }
});

it('gives the terminal back after a crash, and says what happened', async () => {
  const { ann } = await start();
  const crash = `process.on('SIGUSR2', () => { throw new Error('the test has crashed it'); })`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}` };
  const screen = ann.chat({ env, then: 'echo status $?; stty -a' });
  await screen.answer(['No conversations', '\u000e']);
  await screen.shows('Find people');
  process.kill(screen.pid, 'SIGUSR2');
  await screen.shows('the test has crashed it', 'status 1');
  await sane(screen);
});

async function sane(screen: ReturnType<TerminalPerson['chat']>): Promise<void> {
  await eventually(
    'the terminal is as it was',
    () => screen.text.includes(' icanon') && screen.text.includes(' echo '),
  );
  expect([screen.isFullScreen, screen.modes]).toEqual([false, { wraps: true, bracketedPaste: false }]);
  expect(screen.raw.lastIndexOf(`${escape}[?25h`)).toBeGreaterThan(screen.raw.lastIndexOf(`${escape}[?25l`));
}
