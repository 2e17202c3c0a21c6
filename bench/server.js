// Starts the real program on a data folder of its own, for a benchmark, with Node's options of this one: run
// a benchmark with `node --cpu-prof` to see where both spend their time.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/setup.js';
import { noLimits } from './no-limits.js';

/** Resolves to { address, stop } once the server answers. */
export async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const config = join(folder, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({ port: 0, web_port: 0, server_data: join(folder, 'data'), limits: noLimits }),
  );
  const child = spawn(
    process.execPath,
    [...process.execArgv, join(root, 'bin', 'holdfast.js'), 'serve', config],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, HOLDFAST_LOG: 'warn' },
    },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let output = '';
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.includes('Ctrl-C')) resolve();
    });
    void ended.then(() => reject(new Error('the server has ended')));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { address: /gRPC +(\S+)/.exec(output)[1], stop };
}
