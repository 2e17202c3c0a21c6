import { readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeHealth, NodeRole } from '../../src/api/holdfast/v1/cluster_pb.js';
import { connect } from './api-client.js';
import type { ApiClient } from './api-client.js';
import { eventually } from './deadline.js';
import { freePorts } from './free-port.js';
import { PeerNetwork } from './peer-network.js';
import { processTree } from './process-tree.js';
import { ServerProcess } from './server-process.js';
import { temporaryFolder } from './temporary-folder.js';

/** Milliseconds. A node asks all others for each status: looking all the time would slow them down. */
const statusPause = 100;
const statusLimit = 30_000;

type NodePorts = { readonly port: number; readonly webPort: number; readonly raftPort: number };
type NodeConfig = { readonly server_data: string; readonly tls?: { readonly ca: string } };

/** One node, as processes that can be killed and started again. */
export class TestNode {
  private process: ServerProcess | undefined;
  private connection: ApiClient | undefined;

  constructor(
    readonly number: number,
    readonly id: string,
    private readonly folder: string,
    private readonly ports: NodePorts,
    private readonly config: NodeConfig,
  ) {}

  /** The configuration that it runs with. */
  get configPath(): string {
    return join(this.folder, 'config.json');
  }

  /** As on a fresh machine. */
  async loseData(): Promise<void> {
    await rm(this.dataFolder, { recursive: true });
  }

  get address(): string {
    return `127.0.0.1:${this.ports.port}`;
  }

  get webAddress(): string {
    return `${this.config.tls ? 'https' : 'http'}://127.0.0.1:${this.ports.webPort}`;
  }

  /** On 127.0.0.1. */
  get raftPort(): number {
    return this.ports.raftPort;
  }

  /** The folder of its data. */
  get dataFolder(): string {
    return join(this.config.server_data, this.id);
  }

  /** A plain client of this node alone. */
  get client(): ApiClient {
    const { tls } = this.config;
    this.connection ??= connect(this.address, tls && readFileSync(tls.ca));
    return this.connection;
  }

  /** 0: it does not run. */
  get pid(): number {
    return this.process?.pid ?? 0;
  }

  get log(): string {
    return this.process?.log ?? '';
  }

  async launch(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const { port, webPort } = this.ports;
    const config = { ...this.config, port, web_port: webPort };
    this.process = await ServerProcess.launch(this.folder, { config, nodeId: this.id });
  }

  /** Waits for its end. Returns the exit status. */
  async ended(): Promise<number | string | undefined> {
    return this.process?.ended();
  }

  async serving(): Promise<void> {
    await this.process?.serving();
  }

  async start(): Promise<void> {
    await this.launch();
    await this.serving();
  }

  /** With SIGKILL; its member ends with it. */
  async kill(): Promise<void> {
    const tree = processTree(this.pid);
    await this.process?.kill();
    this.process = undefined;
    await eventually(`${this.id} and its member are gone`, () =>
      tree.every((pid) => processTree(pid).length === 0),
    );
  }

  /** In good order. Returns the exit status. */
  async stop(): Promise<number | string | undefined> {
    const status = await this.process?.stop();
    this.process = undefined;
    return status;
  }

  /** Both its processes. */
  pause(): void {
    for (const pid of processTree(this.pid)) process.kill(pid, 'SIGSTOP');
  }

  resume(): void {
    for (const pid of processTree(this.pid)) process.kill(pid, 'SIGCONT');
  }
}

/** A cluster of real nodes on this machine. It ends with its test. */
export class TestCluster {
  private constructor(
    readonly nodes: readonly TestNode[],
    readonly network: PeerNetwork,
  ) {}

  /** Resolves once every node serves. */
  static async start(
    size: number,
    settings: Partial<NodeConfig> & Readonly<Record<string, unknown>> = {},
  ): Promise<TestCluster> {
    const folder = await temporaryFolder();
    const ports = await freePorts(3 * size);
    const raftPorts = ports.slice(0, size);
    const ids = raftPorts.map((_, i) => `node${i + 1}`);
    const peers = Object.fromEntries(ids.map((id, i) => [id, `${PeerNetwork.host}:${raftPorts[i] ?? 0}`]));
    const config = {
      host: '127.0.0.1',
      raft_host: '127.0.0.1',
      distributed_mode: true,
      server_data: join(folder, 'data'),
      peers,
      ...settings,
    };
    const nodes = ids.map((id, i) => {
      const own = { port: ports[size + i] ?? 0, webPort: ports[2 * size + i] ?? 0, raftPort: ports[i] ?? 0 };
      return new TestNode(i, id, join(folder, id), own, config);
    });
    const network = await PeerNetwork.open(raftPorts, (number) => nodes[number]?.pid ?? 0);
    await Promise.all(nodes.map((node) => node.launch()));
    await Promise.all(nodes.map((node) => node.serving()));
    return new TestCluster(nodes, network);
  }

  /** Resolves once the page of every node may call all others: it may call those that its node knew when it was loaded. */
  async pagesKnowAll(): Promise<void> {
    for (const { id, webAddress } of this.nodes) {
      await eventually(`the page of ${id} may call all nodes`, async () => {
        const { headers } = await fetch(webAddress, { method: 'HEAD' });
        const policy = headers.get('content-security-policy') ?? '';
        return this.nodes.every((node) => policy.includes(node.webAddress));
      });
    }
  }

  node(number: number): TestNode {
    const node = this.nodes[number];
    if (!node) throw new Error(`there is no node ${number}`);
    return node;
  }

  /** All nodes but these. */
  others(...numbers: readonly number[]): TestNode[] {
    return this.nodes.filter(({ number }) => !numbers.includes(number));
  }

  /** The number of the node that leads, as the given caller is told. */
  async leader(caller: object, through = this.node(0)): Promise<number> {
    let leader = -1;
    const look = async () => {
      const { nodes } = await through.client.cluster.getStatus({}, { ...caller, timeoutMs: 5_000 });
      leader = nodes.findIndex(({ role }) => role === NodeRole.LEADER);
      return leader >= 0;
    };
    await eventually('a node leads', look, statusLimit, statusPause);
    return leader;
  }

  /** Resolves once every one of the nodes takes part, as each of them says. */
  async healthy(caller: object, nodes = this.nodes): Promise<void> {
    for (const { client, id } of nodes) {
      const look = async () => {
        const status = await client.cluster
          .getStatus({}, { ...caller, timeoutMs: 5_000 })
          .catch(() => undefined);
        const up = status?.nodes.filter(({ health }) => health === NodeHealth.HEALTHY) ?? [];
        return nodes.every((node) => up.some((one) => one.id === node.id));
      };
      await eventually(`${id} sees all others`, look, statusLimit, statusPause);
    }
  }
}
