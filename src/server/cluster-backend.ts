import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { NodeHealth, NodeRole, SpaceLevel } from '../api/holdfast/v1/cluster_pb.js';
import { newestSchema, requireKnownSchema } from '../chat/schema.js';
import { Engine } from '../engine/engine.js';
import type { EngineStatus } from '../engine/engine.js';
import type { MemberStatus } from '../engine/member-status.js';
import type { SpaceLevel as EngineLevel } from '../engine/space.js';
import { EtcdError } from '../etcd/etcd-error.js';
import { EtcdStore } from '../kv-etcd/etcd-store.js';
import { StoreError } from '../kv/store-error.js';
import type { Store } from '../kv/store.js';
import type { Backend, OwnAddresses } from './backend.js';
import { hostOf } from './bind-address.js';
import type { Certificates } from './certificates.js';
import { clusterCallTime } from './call-time.js';
import { faultsTolerated, faultsToleratedNow } from './cluster.js';
import type { Cluster, ClusterStatus, NodeStatus } from './cluster.js';
import { peerTlsOf } from './config.js';
import { raiseClusterSchema, readNodeRecord } from './cluster-schema.js';
import type { ClusterConfig, Config } from './config.js';
import { NodeCalls } from './node-calls.js';
import { NodeDirectory } from './node-directory.js';
import type { Addresses } from './route.js';
import type { BatchReport } from './store-metrics.js';
import { version } from './version.js';

/** Milliseconds between looks at the member. */
const watchInterval = 500;
/** Looks at the member between looks at the other nodes' addresses. */
const directoryEvery = 10;

const levels: Record<EngineLevel, SpaceLevel> = {
  ok: SpaceLevel.OK,
  warn: SpaceLevel.LOW,
  full: SpaceLevel.FULL,
};

/** A node of a cluster: its etcd member, the store upon it, and the other nodes. */
export class ClusterBackend implements Backend, Cluster {
  readonly cluster = this;
  readonly callTime = clusterCallTime;
  /** The member serves and there is a leader. */
  private reaching = false;
  /** As of the last look: another node may lead by now. */
  leads = false;
  readonly failure: Promise<Error>;
  private fail: (error: Error) => void = () => undefined;
  private readonly directory: NodeDirectory;
  private readonly calls: NodeCalls;
  private readonly end = new AbortController();
  private own: OwnAddresses = { server: '', web: '' };
  private announced = false;
  /** As seen last, with its term. */
  private leader: string | undefined;
  leaderChanges = 0;
  private store: EtcdStore | undefined;
  private watching: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly config: Config,
    private readonly settings: ClusterConfig,
    private readonly engine: Engine,
    private readonly logger: Logger,
    private readonly observe: (report: BatchReport) => void,
    certificates: Certificates | undefined,
  ) {
    this.directory = new NodeDirectory(engine.client);
    this.calls = new NodeCalls(certificates?.current.ca);
    certificates?.onChange(({ ca }) => this.calls.trust(ca));
    this.failure = new Promise((resolve) => {
      this.fail = resolve;
    });
    engine.onState((state) => {
      if (state.name === 'stopped' && state.failure) this.fail(state.failure);
    });
  }

  /** Throws EngineError or FolderError; then nothing was changed. */
  static async open(
    config: Config,
    settings: ClusterConfig,
    path: string | undefined,
    logger: Logger,
    observe: (report: BatchReport) => void,
    certificates?: Certificates,
  ): Promise<ClusterBackend> {
    const { nodeId, peers, raftHost, etcdProgram, quotaBytes } = settings;
    const engine = await Engine.open({
      nodeId,
      peers,
      serverData: config.serverData,
      listenHost: raftHost,
      peerTls: peerTlsOf(config),
      etcdPath: etcdProgram,
      path,
      logger,
      tuning: { quotaBytes },
    });
    return new ClusterBackend(config, settings, engine, logger, observe, certificates);
  }

  async start(): Promise<Store> {
    await this.engine.start();
    await this.engine.whenServing();
    this.store = await this.openStore();
    await this.requireSchema(this.store);
    this.reaching = true;
    this.watching = this.watch();
    return this.store;
  }

  /** Not while the member is defragmented, as it answers nothing then: other nodes serve better. */
  get ready(): boolean {
    return this.reaching && !this.engine.maintenance.defragmenting;
  }

  announce(own: OwnAddresses): void {
    this.own = own;
    this.announced = false;
  }

  /** The configured ones; else every node's, this one's first. */
  get addresses(): Addresses {
    const { serverAddresses, webAddresses } = this.config;
    const others = [...this.directory.all]
      .filter(([id]) => id !== this.settings.nodeId)
      .map(([, addresses]) => addresses);
    const all = [this.own, ...others];
    return {
      servers: serverAddresses.length > 0 ? serverAddresses : all.map(({ server }) => server),
      webServers: webAddresses.length > 0 ? webAddresses : all.map(({ web }) => web),
    };
  }

  get quotaBytes(): number {
    return this.settings.quotaBytes;
  }

  /** What the nodes call each other with; undefined while it is not known. */
  get secret(): string | undefined {
    return this.directory.secret;
  }

  async status(): Promise<ClusterStatus> {
    const own = this.ownStatus(await this.engine.status());
    const members = await this.engine.membership.list().catch(() => undefined);
    const peers = members
      ? members.map(({ name, address, learner }) => ({ id: name === '' ? address : name, address, learner }))
      : Object.entries(this.settings.peers).map(([id, address]) => ({ id, address, learner: false }));
    // One that has just joined is not known yet.
    if (peers.some(({ id }) => !this.directory.get(id)))
      await this.directory.refresh().catch(() => undefined);
    const nodes = await Promise.all(
      peers.map(async ({ id, address, learner }) => ({
        learner,
        status: { ...(id === own.id ? own : await this.ask(id, address)), raftAddress: address },
      })),
    );
    const voters = nodes.filter(({ learner }) => !learner);
    const healthy = voters.filter(({ status }) => status.health === NodeHealth.HEALTHY).length;
    const quorum = own.health === NodeHealth.HEALTHY;
    return {
      nodeId: own.id,
      nodes: nodes.map(({ status }) => status).sort((a, b) => (a.id < b.id ? -1 : 1)),
      faultsToleratedNow: quorum ? faultsToleratedNow(voters.length, healthy) : 0,
      faultsToleratedMax: faultsTolerated(voters.length),
    };
  }

  /** This node alone, as the others are told. */
  async node(): Promise<NodeStatus> {
    return this.ownStatus(await this.engine.status());
  }

  async close(): Promise<void> {
    this.closing ??= this.stop();
    await this.closing;
  }

  private async stop(): Promise<void> {
    this.reaching = false;
    this.end.abort();
    await this.watching;
    this.calls.close();
    await this.store?.close();
    await this.engine.close();
  }

  private async openStore(): Promise<EtcdStore> {
    const full = () => this.engine.maintenance.space?.level === 'full';
    const onWritten = (bytes: number) => this.engine.maintenance.noteWritten(bytes);
    const { observe } = this;
    return this.patiently(() => EtcdStore.open({ client: this.engine.client, full, onWritten, observe }));
  }

  /**
   * Throws SchemaError for data that this program does not know. A newer program under this node's name may have said
   * that it does: that is taken back first, so that from then on the schema does not rise beyond it.
   */
  private async requireSchema(store: Store): Promise<void> {
    const { nodeId } = this.settings;
    await this.patiently(() => requireKnownSchema(store));
    const before = await this.patiently(() => readNodeRecord(this.engine.client, nodeId));
    if (before === undefined || before.schema <= newestSchema) return;
    await this.patiently(() => this.directory.announce(nodeId, this.own));
    await this.patiently(() => requireKnownSchema(store));
  }

  /** Again, for as long as the store can't be reached. */
  private async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const passing = error instanceof StoreError || error instanceof EtcdError;
        if (!passing || this.end.signal.aborted) throw error;
        await sleep(watchInterval);
      }
    }
  }

  /** Keeps `ready` and the other nodes' addresses up to date until the end. */
  private async watch(): Promise<void> {
    const { signal } = this.end;
    const stopped = () => signal.aborted;
    for (let round = 0; !stopped(); round += 1) {
      const { member } = await this.engine.status();
      this.reaching = !stopped() && member?.hasLeader === true;
      this.leads = this.reaching && member?.leads === true;
      this.noteLeader(member);
      if (this.reaching && (!this.acquainted || round % directoryEvery === 0)) await this.meet();
      if (this.leads && round % directoryEvery === 0) await this.raiseSchema();
      await sleep(watchInterval, undefined, { signal }).catch(() => undefined);
    }
  }

  private noteLeader(member: MemberStatus | undefined): void {
    if (member?.leaderId === undefined) return;
    const leader = `${member.leaderId} ${member.term}`;
    if (this.leader !== undefined && this.leader !== leader) this.leaderChanges += 1;
    this.leader = leader;
  }

  /** The others know this node's addresses, and it knows theirs: clients are told all of them when they log in. */
  private get acquainted(): boolean {
    return this.announced && Object.keys(this.settings.peers).every((id) => this.directory.get(id));
  }

  private async meet(): Promise<void> {
    try {
      await this.directory.readSecret();
      await this.directory.refresh();
      if (this.announced) return;
      await this.directory.announce(this.settings.nodeId, this.own);
      this.announced = true;
      await this.directory.refresh();
    } catch (error) {
      this.logger.debug({ err: error }, 'the addresses of the nodes can not be read or written now');
    }
  }

  private async raiseSchema(): Promise<void> {
    try {
      const members = await this.engine.membership.list();
      // One without a name has not started yet: nobody knows what its program knows.
      if (members.some(({ name }) => name === '')) return;
      const names = members.map(({ name }) => name);
      const schema = await raiseClusterSchema(this.engine.client, names);
      if (schema !== undefined)
        this.logger.info({ schema }, 'all nodes know it: data has a newer schema now');
    } catch (error) {
      this.logger.debug({ err: error }, 'the schema can not be looked at now');
    }
  }

  private async ask(id: string, raftAddress: string): Promise<NodeStatus> {
    const addresses = this.directory.get(id);
    const silent = {
      id,
      serverAddress: addresses?.server ?? '',
      webAddress: addresses?.web ?? '',
      health: NodeHealth.UNREACHABLE,
    };
    const { secret } = this.directory;
    if (!addresses || secret === undefined) return silent;
    const answer = await this.calls.getNode(addresses.server, hostOf(raftAddress), secret);
    return answer?.id === id ? answer : silent;
  }

  private ownStatus({ member }: EngineStatus): NodeStatus {
    const { nodeId } = this.settings;
    const base = { id: nodeId, serverAddress: this.own.server, webAddress: this.own.web, version };
    if (!member) return { ...base, health: NodeHealth.NO_QUORUM };
    const voting = member.leads ? NodeRole.LEADER : NodeRole.FOLLOWER;
    return {
      ...base,
      role: member.learner ? NodeRole.LEARNER : voting,
      health: member.hasLeader ? NodeHealth.HEALTHY : NodeHealth.NO_QUORUM,
      appliedRevision: BigInt(member.revision),
      databaseBytes: BigInt(member.sizeBytes),
      databaseBytesInUse: BigInt(member.inUseBytes),
      space: levels[this.engine.maintenance.space?.level ?? 'ok'],
    };
  }
}
