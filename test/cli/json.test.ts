import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { allNodes, commandTree } from '../../src/cli/completion/command-tree.js';
import { createProgram } from '../../src/cli/program.js';
import { OutboxFolder } from '../../src/client-node/outbox-folder.js';
import { objects, startPeople } from '../testkit/cli-people.js';
import { eventually } from '../testkit/deadline.js';
import { freePorts, isFree } from '../testkit/free-port.js';
import { processTree } from '../testkit/process-tree.js';
import { program } from '../testkit/server-process.js';

const password = 'correct horse\n';

/** Where `cluster` can put its one node: Raft and web ports stand in a relation to the gRPC port. */
async function freeStartPort(): Promise<number> {
  for (;;) {
    const [start = 0] = await freePorts(1);
    if ((await isFree(start + 1_000)) && (await isFree(start - 808))) return start;
  }
}

it('every command prints one object a line with --json, and nothing else', async () => {
  const { people, home, shell, server, folder } = await startPeople('ben', 'cat', 'ann');
  const walked = new Set<string>();
  /** Runs a command; each line has the fields of docs/cli.md. */
  const walk = async (path: string, args: readonly string[], fields: readonly string[], input = '') => {
    const outcome = await shell.run(['--json', ...path.split(' '), ...args], input);
    expect([path, outcome.status, outcome.err]).toEqual([path, 0, '']);
    const lines = objects(outcome.out);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(Object.keys(line)).toEqual(expect.arrayContaining([...fields]));
    walked.add(path);
    return lines;
  };
  const message = [
    'conversation_id',
    'seq',
    'sender',
    'sender_deleted',
    'text',
    'create_time',
    'client_message_id',
    'deleted',
  ];
  const account = ['id', 'username', 'create_time'];

  await walk('send', ['ben', 'hi'], message);
  await people.ben.say('ann', 'hello');
  await walk('read', ['ben'], message);
  await walk(
    'conversations',
    [],
    ['id', 'title', 'members', 'head_seq', 'read_seq', 'unread_count', 'closed', 'last_message'],
  );
  await walk('mark-read', ['ben'], ['conversation_id', 'read_seq']);
  await walk('delete', ['ben', '1'], ['conversation_id', 'seqs', 'for_everyone']);
  const waiting = {
    key: 'k',
    order: 1,
    clientMessageId: 'k',
    target: { username: 'ben' },
    text: 'later',
    addTime: 1,
    tried: false,
  };
  await new OutboxFolder(home, people.ann.saved.accountId).put(waiting);
  await walk('outbox', [], ['key', 'to', 'text', 'add_time', 'state', 'reason', 'tried']);
  await walk('outbox', ['--drop', 'all'], ['dropped']);
  const watching = shell.spawn(process.execPath, [program, '--json', 'watch']);
  await watching.shows('"connected"');
  await people.ben.say('ann', 'live');
  await watching.shows('"live"');
  watching.signal('SIGTERM');
  const watched = await watching.ended();
  expect([watched.status, watched.err]).toEqual([0, '']);
  for (const line of objects(watched.out)) expect(typeof line.event).toBe('string');
  walked.add('watch');

  await walk('account list', ['a*'], account);
  await walk('account show', ['ben'], account);
  await walk('account password', [], ['changed'], password + password);
  await walk(
    'status',
    [],
    ['node_id', 'nodes', 'faults_tolerated_now', 'faults_tolerated_max', 'quota_bytes'],
  );
  await walk('sessions', [], ['id', 'device_name', 'create_time', 'expire_time', 'current']);
  await walk('login', ['cat'], ['username', 'id'], password);
  await walk('logout', [], ['username']);
  await walk('account create', ['dan'], account, password);
  await walk('account delete', [], ['deleted'], password);
  await walk('completion', ['bash'], ['shell', 'script']);

  const dir = ['--dir', join(home, 'certs')];
  await walk('certs init', [...dir, '--nodes', 'alpha.test'], ['authority', 'nodes']);
  await walk('certs node', [...dir, 'beta.test'], ['certificate', 'key']);
  const [{ certificates } = {}] = await walk('certs show', dir, ['certificates']);
  for (const one of certificates as object[]) {
    expect(Object.keys(one)).toEqual(['path', 'authority', 'names', 'from', 'until']);
  }

  // Servers: one alone, its data moved, and a cluster of one node.
  await server.stop();
  const config = join(folder, 'config.json');
  const counts = ['accounts', 'conversations', 'messages', 'sha256'];
  const backup = join(home, 'copy.backup');
  await walk('backup', [backup, config], ['backed_up', 'sessions', ...counts]);
  await walk('backup', ['--verify', backup], ['verified', 'backup_time', 'program', 'sessions', ...counts]);
  const restored = join(home, 'restored.json');
  await writeFile(restored, JSON.stringify({ port: 0, web_port: 0, server_data: join(home, 'restored') }));
  await walk('restore', [backup, restored], ['restored', 'already', 'resumed', 'sessions', ...counts]);
  const file = join(home, 'copy.jsonl');
  await walk('export', [file, config], ['exported', ...counts]);
  const copy = join(home, 'copy.json');
  await writeFile(copy, JSON.stringify({ port: 0, web_port: 0, server_data: join(home, 'copy') }));
  await walk('import', [file, copy], ['imported', 'already', 'resumed', ...counts]);
  const serving = shell.spawn(process.execPath, [program, '--json', 'serve', copy]);
  await serving.shows('\n');
  expect(objects(serving.out)).toMatchObject([{ event: 'serving', node_id: null, data: join(home, 'copy') }]);
  serving.signal('SIGTERM');
  expect((await serving.ended()).status).toBe(0);
  walked.add('serve');

  const data = join(home, 'nodes');
  const launch = [
    '--json',
    'cluster',
    '--nodes',
    '1',
    '--data',
    data,
    '--start-port',
    String(await freeStartPort()),
  ];
  const cluster = shell.spawn(process.execPath, [program, ...launch]);
  await cluster.shows('"majority":true');
  const own = [join(data, 'config.json'), '--node-id', 'node1'];
  await walk('node list', own, ['members']);
  await walk('node add', [...own, 'node2', 'localhost:1'], ['member']);
  // Of one that still catches up it is refused.
  const replaced = await shell.run(['--json', 'node', 'replace', ...own, 'node2', 'localhost:2']);
  expect([replaced.status, replaced.out, objects(replaced.err)]).toMatchObject([
    1,
    '',
    [{ error: 'REFUSED' }],
  ]);
  walked.add('node replace');
  // It has no name before it has started.
  const unnamed = await shell.run(['node', 'remove', ...own, 'node2']);
  expect([unnamed.status, unnamed.out]).toEqual([
    0,
    'node2 is not a member. One that has not started yet is: remove it by its address, localhost:1.\n',
  ]);
  const third = await shell.run(['node', 'add', ...own, 'node3', 'localhost:3']);
  expect(third.err).toContain('the member at localhost:1 has not been started yet: start it, or remove it');
  expect((await shell.run(['node', 'add', ...own, 'no de', 'localhost:3'])).err).toContain('is no node id');
  await walk('node remove', [...own, 'localhost:1'], ['removed']);
  const tree = processTree(cluster.child.pid ?? 0);
  cluster.signal('SIGTERM');
  expect((await cluster.ended()).status).toBe(0);
  for (const pid of tree) await eventually('its nodes have ended', () => processTree(pid).length === 0);
  for (const line of objects(cluster.out)) {
    expect(Object.keys(line)).toContain('state' in line ? 'node_id' : 'faults_tolerated_now');
  }
  walked.add('cluster');

  // For people on a terminal alone; test/terminal has it.
  walked.add('chat');
  const all = allNodes(commandTree(createProgram({ json: false })));
  const commands = all.filter(
    ({ path, children, name }) => path !== '' && children.length === 0 && name !== 'help',
  );
  expect([...walked].sort()).toEqual(commands.map(({ path }) => path).sort());
}, 120_000);
