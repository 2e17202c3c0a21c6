// Real nodes on free ports of this machine.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFlags } from '../../dist/launcher/node-flags.js';
import { noLimits } from '../../test/testkit/no-limits.js';
import { StartedProgram } from './started-program.js';

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export class Cluster {
  #folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  #config = join(this.#folder, 'config.json');
  #programs = [];
  #environments;
  /** [{ id, address, folder }] */
  nodes;

  /** Resolves once every node serves. */
  static async start(size) {
    const cluster = new Cluster();
    const ports = await freePorts(3 * size);
    const ids = Array.from({ length: size }, (_, i) => `node${i + 1}`);
    const data = join(cluster.#folder, 'data');
    const peers = Object.fromEntries(ids.map((id, i) => [id, `127.0.0.1:${ports[i]}`]));
    const settings = {
      host: '127.0.0.1',
      distributed_mode: true,
      server_data: data,
      limits: noLimits,
      peers,
    };
    writeFileSync(cluster.#config, JSON.stringify(settings));
    cluster.#environments = ids.map((_, i) => ({
      HOLDFAST_LOG: 'error',
      CHAT_PORT: String(ports[size + i]),
      WEB_PORT: String(ports[2 * size + i]),
    }));
    cluster.nodes = ids.map((id, i) => ({
      id,
      address: `127.0.0.1:${ports[size + i]}`,
      folder: join(data, id),
    }));
    try {
      await Promise.all(ids.map((_, i) => cluster.startNode(i)));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get pids() {
    return this.#programs.map(({ pid }) => pid);
  }

  program(i) {
    return this.#programs[i];
  }

  /** Resolves once it serves. */
  async startNode(i) {
    const args = ['serve', this.#config, '--node-id', this.nodes[i].id];
    this.#programs[i] = new StartedProgram('bin/holdfast.js', args, this.#environments[i], nodeFlags);
    await this.#programs[i].printed(/Ctrl-C/);
  }

  /** The node and its member, as when its machine loses power. */
  async killNode(i) {
    await this.#programs[i].kill();
  }

  async stopNode(i) {
    await this.#programs[i].stop();
  }

  async stop() {
    await Promise.all(this.#programs.map((program) => program.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
