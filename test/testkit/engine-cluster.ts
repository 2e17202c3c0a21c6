import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import type { EngineOptions } from '../../src/engine/engine.js';
import type { Peers } from '../../src/engine/peers.js';
import { freePorts } from './free-port.js';
import { eventually } from './deadline.js';
import { TestLog } from './test-log.js';
import { temporaryFolder } from './temporary-folder.js';

export type EngineSettings = Partial<Omit<EngineOptions, 'logger'>>;

/** Engines on free ports in this process, each with a real etcd; all of them end with the test. */
export class EngineCluster {
  readonly engines = new Map<string, Engine>();
  readonly log = new TestLog();
  private readonly opened: Engine[] = [];

  private constructor(
    readonly folder: string,
    readonly peers: Peers,
    private readonly settings: EngineSettings,
  ) {}

  /** Without starting any. */
  static async create(count: number, settings: EngineSettings = {}): Promise<EngineCluster> {
    const ports = await freePorts(count);
    const peers = Object.fromEntries(ports.map((port, i) => [`node${i + 1}`, `127.0.0.1:${port}`]));
    const folder = settings.serverData ?? (await temporaryFolder());
    const cluster = new EngineCluster(folder, peers, settings);
    onTestFinished(() => cluster.end());
    return cluster;
  }

  /** All of them, until they have a leader. */
  static async start(count: number, settings: EngineSettings = {}): Promise<EngineCluster> {
    const cluster = await EngineCluster.create(count, settings);
    await Promise.all(Object.keys(cluster.peers).map((id) => cluster.startNode(id)));
    await Promise.all([...cluster.engines.values()].map((engine) => engine.whenServing()));
    return cluster;
  }

  get(id: string): Engine {
    const engine = this.engines.get(id);
    if (!engine) throw new Error(`${id} does not run`);
    return engine;
  }

  nodeFolder(id: string): string {
    return join(this.folder, id);
  }

  async openNode(id: string, settings: EngineSettings = {}): Promise<Engine> {
    const engine = await Engine.open({
      nodeId: id,
      peers: this.peers,
      serverData: this.folder,
      path: process.env.PATH,
      logger: this.log,
      ...this.settings,
      ...settings,
    });
    this.opened.push(engine);
    this.engines.set(id, engine);
    return engine;
  }

  async startNode(id: string, settings: EngineSettings = {}): Promise<Engine> {
    const engine = await this.openNode(id, settings);
    await engine.start();
    return engine;
  }

  /** Why a node refuses to start. */
  async refusal(id: string, settings: EngineSettings = {}): Promise<unknown> {
    const refused = await this.startNode(id, settings).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    if (!refused) throw new Error(`${id} has started`);
    return refused.error;
  }

  async closeNode(id: string): Promise<void> {
    await this.get(id).close();
    this.engines.delete(id);
  }

  /** At once: nothing is handed over. */
  private async end(): Promise<void> {
    for (const { state } of this.opened) if (state.name === 'running') process.kill(state.pid, 'SIGKILL');
    await eventually('the members have ended', () =>
      this.opened.every(({ state }) => state.name !== 'running' || !isAlive(state.pid)),
    );
    await Promise.all(this.opened.map((engine) => engine.close()));
  }

  /** The process id of its member. */
  pid(id: string): number {
    const { state } = this.get(id);
    if (state.name !== 'running') throw new Error(`the member of ${id} is ${state.name}`);
    return state.pid;
  }

  async leader(): Promise<string> {
    for (const [id, engine] of this.engines) {
      if ((await engine.status()).member?.leads) return id;
    }
    throw new Error('there is no leader');
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
