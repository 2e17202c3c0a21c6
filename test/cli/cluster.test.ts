import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { CommandLine } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { isFree } from '../testkit/free-port.js';
import { processTree } from '../testkit/process-tree.js';
import { program } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const size = 3;

/** Where the gRPC, Raft and web ports of all nodes are free. */
async function freeStartPort(): Promise<number> {
  for (;;) {
    const start = 12_000 + Math.floor(Math.random() * 15_000);
    const ports = [start, start + 1_000, start - 808].flatMap((port) => [port, port + 1, port + 2]);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return start;
  }
}

/** `holdfast cluster`, without a terminal. It ends with its test. */
class Launcher {
  output = '';

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk) => (this.output += String(chunk)));
    child.stderr?.on('data', (chunk) => (this.output += String(chunk)));
  }

  static start(data: string, startPort: number): Launcher {
    const args = ['cluster', '--nodes', String(size), '--start-port', String(startPort), '--data', data];
    const env = { PATH: process.env.PATH };
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const launcher = new Launcher(child);
    onTestFinished(async () => {
      const tree = processTree(child.pid ?? 0);
      child.kill('SIGKILL');
      for (const pid of tree.slice(1)) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // Gone already.
        }
      }
      await launcher.ended();
    });
    return launcher;
  }

  async says(text: string): Promise<void> {
    await eventually(`it says ${text}`, () => this.output.includes(text), 60_000);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async interrupt(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended();
  }
}

it('runs a cluster, says what it tolerates, goes on without a node, and continues where it was', async () => {
  const folder = await temporaryFolder();
  const data = join(folder, 'nodes');
  const startPort = await freeStartPort();
  const launcher = Launcher.start(data, startPort);
  await launcher.says('Any 1 node may fail when all are up; now 1 more may.');
  const servers = ['--server', `localhost:${startPort + 1}`];
  const shell = new CommandLine(join(folder, 'home'), '');
  for (const name of ['ann', 'ben']) {
    const made = await shell.run([...servers, 'account', 'create', name], 'correct horse\n');
    expect([made.status, made.err]).toEqual([0, expect.anything()]);
  }
  const status = await shell.run(['--as', 'ann', '--json', 'status']);
  expect(JSON.parse(status.out)).toMatchObject({
    faults_tolerated_now: 1,
    faults_tolerated_max: 1,
    nodes: [1, 2, 3].map((n) => ({
      id: `node${n}`,
      health: 'healthy',
      server_address: `localhost:${startPort + n - 1}`,
      raft_address: `localhost:${startPort + 1_000 + n - 1}`,
    })),
  });
  const table = await shell.run(['--as', 'ann', 'status']);
  expect(table.out).toContain('node3');
  expect(table.out).toContain('Any 1 node may fail when all are up; now 1 more may.');

  const config = join(data, 'config.json');
  const members = await shell.run(['node', 'list', config, '--node-id', 'node1']);
  expect(members.out.match(/voter {2}up/g)).toHaveLength(3);
  const unknown = await shell.run(['node', 'list', config, '--node-id', 'node9']);
  expect([unknown.status, unknown.err]).toEqual([2, expect.stringContaining('node9 is not among the peers')]);

  const nodes = processTree(launcher.pid).slice(1);
  const second = await nodeProcess(launcher.pid, 1);
  process.kill(second, 'SIGKILL');
  await launcher.says('node2 ended by SIGKILL');
  await launcher.says('now no more may.');
  const refused = await shell.run(['node', 'remove', config, '--node-id', 'node1', 'node3']);
  expect([refused.status, refused.err]).toEqual([1, expect.stringContaining('needed')]);
  // The one that the login went through is gone; the command line knows the others.
  const sent = await shell.run(['--as', 'ann', 'send', 'ben', 'still here']);
  expect([sent.status, sent.err]).toEqual([0, expect.anything()]);
  expect(await launcher.interrupt()).toBe(0);
  // The member of the node that was killed is another's child by now, who has to take note of its end.
  await eventually('all of it has ended', () => nodes.every((pid) => processTree(pid).length === 0));

  const again = Launcher.start(data, startPort);
  await again.says('now 1 more may.');
  expect((await shell.run(['--as', 'ben', 'read', 'ann'])).out).toContain('still here');
  expect(await again.interrupt()).toBe(0);
}, 180_000);

/** The pid of a node, by its number from 0: the launcher starts them in order. */
async function nodeProcess(launcher: number, number: number): Promise<number> {
  let found = 0;
  await eventually('the node runs', () => {
    const direct = processTree(launcher).filter((pid) => isNode(pid, `node${number + 1}`));
    found = direct[0] ?? 0;
    return found > 0;
  });
  return found;
}

function isNode(pid: number, id: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').endsWith(`--node-id\0${id}\0`);
  } catch {
    return false;
  }
}
