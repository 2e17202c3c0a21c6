import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EtcdClient } from '../etcd/etcd-client.js';
import { refuseEarlierCluster } from './earlier-cluster.js';
import { EngineError } from './engine-error.js';
import type { EngineLogger } from './engine-logger.js';
import { findEtcd } from './find-etcd.js';
import type { EtcdProgram } from './find-etcd.js';
import { planToBegin, planToResume, peersOf } from './formation.js';
import type { FormationTiming, StartPlan } from './formation.js';
import { Maintenance } from './maintenance.js';
import type { MaintenanceTiming } from './maintenance.js';
import { defaultTuning, memberFlags } from './member-flags.js';
import type { MemberTuning } from './member-flags.js';
import { memberStatus } from './member-status.js';
import type { MemberStatus } from './member-status.js';
import { Member, removed } from './member.js';
import type { MemberState, MemberTiming } from './member.js';
import { MembershipKeeper } from './membership-keeper.js';
import { Membership } from './membership.js';
import { NodeFolder } from './node-folder.js';
import { endOrphans } from './orphan.js';
import { openTransport, PeerClient } from './peer-client.js';
import type { ClusterView, PeerMember, PeerTls, PeerTransport } from './peer-client.js';
import { findPeersProblem, formatAddress, parseAddress } from './peers.js';
import type { Address, Peers } from './peers.js';
import { SocketAddress } from './socket-address.js';

export type EngineOptions = {
  readonly nodeId: string;
  readonly peers: Peers;
  /** Absolute; the node's folder is the one in it that is named after the node. */
  readonly serverData: string;
  /** Host that the Raft port listens on. Default: the host of the node's own peer address. */
  readonly listenHost?: string | undefined;
  readonly peerTls?: PeerTls | undefined;
  /** A configured etcd program. Default: the one on PATH, or the one that the set-up has fetched. */
  readonly etcdPath?: string | undefined;
  /** The environment's PATH. */
  readonly path: string | undefined;
  readonly logger: EngineLogger;
  readonly tuning?: MemberTuning;
  readonly maintenance?: Partial<MaintenanceTiming>;
  readonly supervision?: Partial<MemberTiming>;
  readonly formation?: FormationTiming;
};

/** `forming`: the node has no data, and waits until it knows how to begin. */
export type EngineState = { readonly name: 'forming' } | MemberState;

export type EngineStatus = {
  readonly state: EngineState;
  /** Undefined: the member does not answer. */
  readonly member: MemberStatus | undefined;
};

/** This node's part of the cluster: its folder, its etcd member, and the care of both. */
export class Engine {
  /** Of this node's member; closed with the engine. It answers once the member has reached a majority. */
  readonly client: EtcdClient;
  readonly membership: Membership;
  readonly maintenance: Maintenance;
  private readonly keeper: MembershipKeeper;
  private readonly listeners = new Set<(state: EngineState) => void>();
  private readonly end = new AbortController();
  private current: EngineState = { name: 'stopped' };
  private member: Member | undefined;
  private starting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly options: EngineOptions,
    readonly program: EtcdProgram,
    private readonly folder: NodeFolder,
    private readonly socket: SocketAddress,
    private readonly transport: PeerTransport,
    private readonly peers: PeerClient,
    private readonly listen: Address,
  ) {
    const { nodeId, logger, tuning, maintenance = {} } = options;
    const client = new EtcdClient(socket.target);
    this.client = client;
    this.membership = new Membership({ client, peers, scheme: transport.scheme });
    const quotaBytes = tuning?.quotaBytes ?? defaultTuning.quotaBytes;
    this.maintenance = new Maintenance({ client, peers, nodeId, quotaBytes, logger, timing: maintenance });
    this.keeper = new MembershipKeeper({ client, membership: this.membership, folder, logger });
  }

  /**
   * Checks everything that can be checked without the other nodes, takes the folder, and ends an etcd that an
   * earlier process of this node has left in it. Throws EngineError or FolderError; then the folder is as it
   * was.
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const { nodeId, peers, serverData, logger } = options;
    const problem = findPeersProblem(peers, nodeId);
    if (problem) throw new EngineError('BAD_PEERS', `${problem.key}: ${problem.problem}`);
    const program = await findEtcd({ configured: options.etcdPath, path: options.path });
    const transport = await readTransport(options.peerTls);
    const listen = await resolveListen(options);
    const client = new PeerClient(transport);
    const realPeers = async (addresses: readonly string[], clusterId: string | undefined) =>
      askPeers(client, addresses, peers, clusterId);
    const folder = await NodeFolder.open({
      serverData,
      nodeId,
      peers,
      tls: options.peerTls !== undefined,
      realPeers,
    });
    try {
      const orphans = await endOrphans(folder.path, nodeId, 10_000);
      if (orphans.length > 0) logger.warn({ orphans }, 'ended an etcd that an earlier run of this node left');
      if (program.warning !== undefined) logger.warn({}, program.warning);
      const socket = await SocketAddress.open(folder.path);
      return new Engine(options, program, folder, socket, transport, client, listen);
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  get state(): EngineState {
    return this.current;
  }

  /** Calls the listener with each new state; returns what ends that. */
  onState(listener: (state: EngineState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Resolves when the member takes part, which needs no majority: see `whenServing`. A node of a new cluster
   * waits for the others first, for as long as it takes. Afterwards the member is kept running; only its
   * removal from the cluster stops it (state `stopped` with a failure). Throws EngineError; then close it.
   */
  async start(): Promise<void> {
    this.starting ??= this.begin();
    await this.starting;
  }

  /**
   * Resolves when the member has reached a majority for the first time, and answers. Throws EngineError
   * CLOSED.
   */
  async whenServing(): Promise<void> {
    for (;;) {
      if (this.end.signal.aborted) throw new EngineError('CLOSED', 'the engine is closed');
      if ((await this.status()).member?.hasLeader) return;
      await sleep(50);
    }
  }

  /** Within 2 s, also when the member hangs. */
  async status(): Promise<EngineStatus> {
    const call = { deadline: 2_000, signal: this.end.signal };
    const member = await memberStatus(this.client, call).catch(() => undefined);
    return { state: this.current, member };
  }

  /** Idempotent. Ends the member, which hands leadership over when it leads, and releases the folder. */
  async close(): Promise<void> {
    this.closing ??= this.stop();
    await this.closing;
  }

  private async begin(): Promise<void> {
    const { nodeId, peers, logger, peerTls, tuning, supervision } = this.options;
    const address = peers[nodeId] ?? '';
    const plan = await this.plan();
    const flags = memberFlags({ nodeId, listen: this.listen, address, peerTls }, plan, tuning);
    const member = new Member({
      program: this.program.path,
      flags: [...flags, ...this.program.flags],
      folder: this.folder.path,
      logger,
      isUp: (signal) => this.isUp(signal),
      isRemoved: (signal) => this.isRemoved(signal),
      // etcd waits for calls that still run before it ends, also when they can't be answered.
      beforeStop: () => this.client.close(),
      ...(supervision && { timing: supervision }),
    });
    this.member = member;
    member.onState((state) => this.enter(state));
    if (this.end.signal.aborted) throw new EngineError('CLOSED', 'the engine was closed while it started');
    await member.start();
    this.keeper.start();
    this.maintenance.start();
  }

  private async plan(): Promise<StartPlan> {
    const { nodeId, peers, logger, formation } = this.options;
    if (this.folder.hasData) {
      if (await this.isRemoved(this.end.signal)) throw removed(this.folder.path);
      const { record, path } = this.folder;
      const { signal } = this.end;
      await refuseEarlierCluster(path, { record, client: this.peers, signal, ...formation });
      return planToResume(peers);
    }
    this.enter({ name: 'forming' });
    const { transport, listen, peers: client } = this;
    try {
      const { signal } = this.end;
      return await planToBegin({ nodeId, peers, listen, transport, client, logger, signal, ...formation });
    } catch (error) {
      this.enter({ name: 'stopped', ...(error instanceof EngineError && { failure: error }) });
      throw error;
    }
  }

  private async stop(): Promise<void> {
    this.end.abort();
    await Promise.all([this.keeper.close(), this.maintenance.close()]);
    await this.member?.close();
    await this.starting?.catch(() => undefined);
    await this.member?.close();
    this.client.close();
    await this.socket.close();
    await this.folder.close();
  }

  /** Asked where it listens: its own address may not be reachable from here. */
  private async isUp(signal: AbortSignal): Promise<boolean> {
    return this.peers.answers(formatAddress(this.listen), { deadline: 1_000, signal, anyHost: true });
  }

  private async isRemoved(signal: AbortSignal): Promise<boolean> {
    const { peers, memberId, clusterId, nodeId } = this.folder.record;
    const others = Object.entries(peers).filter(([id]) => id !== nodeId);
    const call = { deadline: 1_000, signal };
    const views = await Promise.all(others.map(([, address]) => this.peers.cluster(address, call)));
    const answers = views.filter((view) => view !== undefined).filter((view) => isOf(view, clusterId));
    const isOwn = ({ id, address }: PeerMember) =>
      memberId === undefined ? address === peers[nodeId] : id === memberId;
    const listed = answers.some(({ members }) => members.some(isOwn));
    // One that was down meanwhile may not know yet that this one has joined.
    return answers.length > others.length / 2 && !listed;
  }

  private enter(state: EngineState): void {
    this.current = state;
    for (const listener of this.listeners) listener(state);
  }
}

/** The members according to those who answer; when they don't agree, according to none. */
async function askPeers(
  client: PeerClient,
  addresses: readonly string[],
  configured: Peers,
  clusterId: string | undefined,
): Promise<Peers | undefined> {
  const views = await Promise.all(addresses.map((address) => client.cluster(address, { deadline: 2_000 })));
  const [first, ...rest] = views
    .filter((view) => view !== undefined)
    .filter((view) => isOf(view, clusterId))
    .map(({ members }) => peersOf(members, configured));
  const same = (other: Peers) => JSON.stringify(sorted(other)) === JSON.stringify(sorted(first ?? {}));
  return rest.every(same) ? first : undefined;
}

/** A node that has never taken part knows no cluster yet. */
function isOf(view: ClusterView, clusterId: string | undefined): boolean {
  return clusterId === undefined || view.clusterId === clusterId;
}

function sorted(peers: Peers): unknown {
  return Object.entries(peers).sort();
}

async function readTransport(tls: PeerTls | undefined): Promise<PeerTransport> {
  try {
    return await openTransport(tls);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `the certificates for the Raft port can not be read: ${reason}`;
    throw new EngineError('START_FAILED', message, { cause });
  }
}

async function resolveListen({ nodeId, peers, listenHost }: EngineOptions): Promise<Address> {
  const own = parseAddress(peers[nodeId] ?? '');
  const host = listenHost ?? own?.host ?? 'localhost';
  try {
    const { address } = await lookup(host, { order: 'ipv4first' });
    return { host: address, port: own?.port ?? 0 };
  } catch (cause) {
    throw new EngineError('START_FAILED', `host ${host} can not be resolved`, { cause });
  }
}
