// Five real nodes on free ports of this machine, for a benchmark.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from '../scripts/setup.js';
import { noLimits } from './no-limits.js';

setUp();
const { nodeFlags } = await import('../dist/launcher/node-flags.js');

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Resolves to { nodes: [{ address, folder }], pids, stop } once every node serves. */
export async function startCluster(size) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const ports = await freePorts(3 * size);
  const ids = Array.from({ length: size }, (_, i) => `node${i + 1}`);
  const config = join(folder, 'config.json');
  const data = join(folder, 'data');
  writeFileSync(
    config,
    JSON.stringify({
      host: '127.0.0.1',
      distributed_mode: true,
      server_data: data,
      limits: noLimits,
      peers: Object.fromEntries(ids.map((id, i) => [id, `127.0.0.1:${ports[i]}`])),
    }),
  );
  const children = ids.map((id, i) =>
    spawn(
      process.execPath,
      [...process.execArgv, ...nodeFlags, join(root, 'bin', 'holdfast.js'), 'serve', config, '--node-id', id],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...process.env,
          HOLDFAST_LOG: 'error',
          CHAT_PORT: String(ports[size + i]),
          WEB_PORT: String(ports[2 * size + i]),
        },
      },
    ),
  );
  const ended = children.map((child) => once(child, 'exit'));
  const stop = async () => {
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(ended);
    rmSync(folder, { recursive: true, force: true });
  };
  await Promise.all(
    children.map(
      (child, i) =>
        new Promise((resolve, reject) => {
          let output = '';
          child.stdout.on('data', (chunk) => {
            output += chunk;
            if (output.includes('Ctrl-C')) resolve();
          });
          void ended[i].then(() => reject(new Error(`${ids[i]} has ended`)));
        }),
    ),
  );
  const nodes = ids.map((id, i) => ({ address: `127.0.0.1:${ports[size + i]}`, folder: join(data, id) }));
  return { nodes, pids: children.map(({ pid }) => pid), stop };
}
