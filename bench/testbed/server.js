// A server alone: the real program, on a data folder of its own or on one that was filled before.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noLimits } from '../../test/testkit/no-limits.js';
import { StartedProgram } from './started-program.js';

/** Resolves to { address, program, stop } once the server answers. `data`: default a new, empty folder. */
export async function startServer({ data } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const config = join(folder, 'config.json');
  const settings = {
    host: '127.0.0.1',
    port: 0,
    web_port: 0,
    server_data: data ?? join(folder, 'data'),
    limits: noLimits,
  };
  writeFileSync(config, JSON.stringify(settings));
  const program = new StartedProgram('bin/holdfast.js', ['serve', config], { HOLDFAST_LOG: 'warn' });
  const stop = async () => {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [, address] = await program.printed(/gRPC +(\S+)[^]*Ctrl-C/);
    return { address, program, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
