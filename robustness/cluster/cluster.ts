import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePorts } from '../../test/testkit/free-port.js';
import { NodeProcess } from './node-process.js';
import { PeerNetwork } from './peer-network.js';

export type ClusterSetup = {
  readonly size: number;
  readonly folder: string;
  readonly program: string;
  readonly quotaBytes: number | undefined;
};

/** Real nodes on this machine, joined by a network that can be broken. */
export class Cluster {
  private constructor(
    readonly nodes: readonly NodeProcess[],
    readonly network: PeerNetwork,
    private readonly setup: ClusterSetup,
  ) {}

  /** Resolves once every node serves. When that fails, nothing is left running. */
  static async start(setup: ClusterSetup): Promise<Cluster> {
    const { size, folder, program, quotaBytes } = setup;
    const ports = await freePorts(3 * size);
    const raftPorts = ports.slice(0, size);
    const ids = raftPorts.map((_, i) => `node${i + 1}`);
    const peers = Object.fromEntries(ids.map((id, i) => [id, `${PeerNetwork.host}:${raftPorts[i] ?? 0}`]));
    const nodes = ids.map((id, number) => {
      const config = {
        host: '127.0.0.1',
        raft_host: '127.0.0.1',
        distributed_mode: true,
        server_data: join(folder, 'data'),
        peers,
        port: ports[size + number] ?? 0,
        web_port: ports[2 * size + number] ?? 0,
        // All come from one address, which could soon make no more.
        limits: { account_creations: false },
        ...(quotaBytes !== undefined && { store_quota_bytes: quotaBytes }),
      };
      return new NodeProcess({ number, id, folder: join(folder, id), config, program });
    });
    const network = await PeerNetwork.open(raftPorts);
    const cluster = new Cluster(nodes, network, setup);
    // However this process ends, its nodes end with it.
    process.once('exit', cluster.killAtExit);
    try {
      await Promise.all(nodes.map((node) => node.launch()));
      await Promise.all(nodes.map((node) => node.serving()));
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  node(number: number): NodeProcess {
    const node = this.nodes[number];
    if (!node) throw new Error(`there is no node ${number}`);
    return node;
  }

  /** Runs a command of the program; throws with what it printed when it fails. */
  async command(...args: readonly string[]): Promise<string> {
    const env = { PATH: process.env.PATH, HOLDFAST_HOME: join(this.setup.folder, 'home') };
    const child = spawn(process.execPath, [this.setup.program, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output += String(chunk)));
    const [status] = (await once(child, 'close')) as [number | null];
    if (status !== 0) throw new Error(`holdfast ${args.join(' ')} ended with ${String(status)}: ${output}`);
    return output;
  }

  private readonly killAtExit = () => {
    for (const node of this.nodes) node.killNow();
  };

  /** Ends everything. Idempotent. */
  async close(): Promise<void> {
    process.off('exit', this.killAtExit);
    await Promise.all(this.nodes.map((node) => node.end()));
    this.network.close();
  }
}
