import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { readConfig } from '../../src/server/config.js';
import { HoldfastServer } from '../../src/server/server.js';
import { temporaryFolder } from './temporary-folder.js';

/** A whole server within the test's own process, on free ports and a data folder of its own. */
export async function startServer(config: object = {}) {
  const folder = await temporaryFolder();
  const path = join(folder, 'config.json');
  const own = { host: '127.0.0.1', port: 0, web_port: 0, server_data: join(folder, 'data') };
  await writeFile(path, JSON.stringify({ ...own, ...config }));
  const server = await HoldfastServer.open({
    config: readConfig(path, {}),
    logger: pino({ level: 'silent' }),
    path: undefined,
  });
  onTestFinished(() => server.close());
  await server.start();
  return { address: server.listening.server, webAddress: server.listening.web };
}
