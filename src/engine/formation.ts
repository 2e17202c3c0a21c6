import { createHash } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from './engine-error.js';
import type { EngineLogger } from './engine-logger.js';
import { portTaken } from './member.js';
import { formingPath } from './peer-client.js';
import type { ClusterView, FormingNode, PeerClient, PeerTransport } from './peer-client.js';
import { describeDifference, formatAddress } from './peers.js';
import type { Address, Peers } from './peers.js';

/** With what etcd is to begin. It counts only while the member has no data. */
export type StartPlan = {
  readonly state: 'new' | 'existing';
  /** Node ids and Raft addresses. */
  readonly members: readonly (readonly [id: string, address: string])[];
  /** The same for all members of a new cluster, different between clusters. */
  readonly token: string;
};

export type FormationOptions = {
  readonly nodeId: string;
  readonly peers: Peers;
  readonly listen: Address;
  readonly transport: PeerTransport;
  readonly client: PeerClient;
  readonly logger: EngineLogger;
  readonly signal: AbortSignal;
} & FormationTiming;

/** Milliseconds. */
export type FormationTiming = {
  /** Between two rounds of questions. Default: 250. */
  readonly interval?: number;
  /** Until what is wrong is told: it may pass by itself. Default: 3,000. */
  readonly patience?: number;
};

const defaultTiming = { interval: 250, patience: 3_000 };

/** The plan of a member that has data: etcd goes on with that. */
export function planToResume(peers: Peers): StartPlan {
  return { state: 'existing', members: Object.entries(peers), token: tokenOf(peers) };
}

/**
 * Decides how a member without data is to begin: as one of a new cluster, or of one that exists and waits for
 * it.
 *
 * A member that has lost its data must not begin anew under its old name: it would vote against what it had
 * acknowledged. So a new cluster is formed only once a majority of the configured nodes is known to have no
 * data: while they wait, nodes say so on their Raft ports, where etcd listens later. Where that many have
 * lost their data, nothing is left to be endangered within the faults that Raft tolerates.
 *
 * Waits for as long as it takes. Throws EngineError PEERS_DIFFER, DATA_LOST, PORT_TAKEN, CLOSED.
 */
export async function planToBegin(options: FormationOptions): Promise<StartPlan> {
  const { signal, interval = defaultTiming.interval } = options;
  const listener = await announce(options);
  try {
    const forming = new Forming(options);
    for (;;) {
      const plan = await forming.ask();
      if (plan) return plan;
      await sleep(interval, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted) throw new EngineError('CLOSED', 'the engine was closed while it started');
    throw error;
  } finally {
    await new Promise((resolve) => {
      listener.close(resolve);
      listener.closeAllConnections();
    });
  }
}

/** What a node without data has learned from the others. */
class Forming {
  private readonly others: readonly (readonly [id: string, address: string])[];
  private readonly majority: number;
  /** Who is known to have no data; it stays true of a new cluster. */
  private readonly fresh: Set<string>;
  /** Who is configured otherwise, and how. */
  private readonly different = new Map<string, string>();
  private readonly patience: number;
  private readonly began = performance.now();
  private told = false;
  /** When the cluster began to refuse this node. */
  private refusedSince: number | undefined;

  constructor(private readonly options: FormationOptions) {
    const { nodeId, peers, patience = defaultTiming.patience } = options;
    this.patience = patience;
    this.others = Object.entries(peers).filter(([id]) => id !== nodeId);
    this.majority = Math.floor(Object.keys(peers).length / 2) + 1;
    this.fresh = new Set([nodeId]);
  }

  /** One round of questions to all. */
  async ask(): Promise<StartPlan | undefined> {
    const answers = await Promise.all(this.others.map(([id, address]) => this.askOne(id, address)));
    const verdicts = answers.filter((answer) => answer !== undefined);
    const refusal = verdicts.find((verdict) => verdict instanceof EngineError);
    if (refusal) {
      // A member may not have heard of a change yet.
      this.refusedSince ??= performance.now();
      if (performance.now() - this.refusedSince > this.patience) throw refusal;
      return undefined;
    }
    this.refusedSince = undefined;
    const plan = verdicts.find((verdict) => typeof verdict === 'object');
    if (plan) return plan as StartPlan;
    if (this.fresh.size >= this.majority) return this.newCluster();
    this.complain();
    return undefined;
  }

  private newCluster(): StartPlan {
    const { peers } = this.options;
    return { state: 'new', members: Object.entries(peers), token: tokenOf(peers) };
  }

  /** Undefined: nobody answers, or another node that waits. */
  private async askOne(id: string, address: string): Promise<Verdict | undefined> {
    const { client, signal, peers } = this.options;
    const call = { deadline: 1_000, signal };
    const view = await client.cluster(address, call);
    if (view) {
      const verdict = judge(view, this.options);
      if (verdict === 'lifeless') this.fresh.add(id);
      return verdict;
    }
    const waiting = await client.forming(address, call);
    if (waiting?.nodeId !== id) return undefined;
    const difference = describeDifference(peers, waiting.peers);
    if (difference === undefined) this.fresh.add(id);
    else this.learnDifferent(id, difference);
    return undefined;
  }

  private learnDifferent(id: string, difference: string): void {
    if (this.different.has(id)) return;
    this.different.set(id, difference);
    this.options.logger.warn({}, `${id} is configured with other peers than this node: there, ${difference}`);
    if (this.different.size < this.majority) return;
    throw new EngineError(
      'PEERS_DIFFER',
      `most nodes are configured with other peers (${difference}): make them the same on all nodes`,
    );
  }

  private complain(): void {
    if (this.told || performance.now() - this.began < this.patience) return;
    this.told = true;
    const missing = this.others.filter(([id]) => !this.fresh.has(id)).map(([id]) => id);
    const message = `a new cluster begins with ${this.majority} nodes that are up: start ${missing.join(', ')}`;
    this.options.logger.warn({ missing }, message);
  }
}

/** `lifeless`: a cluster that has never had a quorum, as far as that member knows. */
type Verdict = StartPlan | EngineError | 'lifeless';

/** What a member's knowledge of its cluster means for this node. */
function judge({ members }: ClusterView, { nodeId, peers, transport }: FormationOptions): Verdict {
  const real = peersOf(members, peers);
  const difference = describeDifference(real, peers);
  if (difference !== undefined) {
    return new EngineError(
      'PEERS_DIFFER',
      `the configured peers are not the members of the cluster that runs (${difference}): ` +
        `correct the configuration, or add this node as a member first`,
    );
  }
  if (members.some(({ address, started }) => address === peers[nodeId] && started)) {
    return new EngineError(
      'DATA_LOST',
      `${nodeId} is a member of a running cluster and its data is not here: bring its folder back, ` +
        `or replace ${nodeId} as a member on another node, and start it again`,
    );
  }
  if (!members.some(({ started }) => started)) return 'lifeless';
  // Two members that begin as 'existing' at once wait for each other for ever; late ones of the first list
  // need not.
  const firstId = bootstrapId(`${transport.scheme}://${peers[nodeId] ?? ''}`, tokenOf(peers));
  const late = members.some(({ id }) => id === firstId);
  return { state: late ? 'new' : 'existing', members: Object.entries(real), token: tokenOf(peers) };
}

/** A member that has not started has no name: it is known by its address. */
export function peersOf(members: ClusterView['members'], configured: Peers): Peers {
  const byAddress = new Map(Object.entries(configured).map(([id, address]) => [address, id]));
  return Object.fromEntries(
    members.map(({ id, name, address }) => [name || (byAddress.get(address) ?? id), address]),
  );
}

function tokenOf(peers: Peers): string {
  const list = Object.entries(peers).map(([id, address]) => `${id}=${address}`);
  return `holdfast-${createHash('sha256').update(list.sort().join()).digest('hex').slice(0, 16)}`;
}

/**
 * The id that etcd gives to a member of a new cluster, from its only peer URL and the token (etcd,
 * server/etcdserver/api/membership/member.go); one that is added later gets another.
 */
function bootstrapId(url: string, token: string): string {
  const hash = createHash('sha1')
    .update(url + token)
    .digest();
  return hash.readBigUInt64BE().toString(16);
}

/** Says on the Raft port that this node has no data. */
async function announce({ nodeId, peers, listen, transport }: FormationOptions): Promise<Server> {
  const answer: FormingNode = { nodeId, peers };
  const handle: RequestListener = (request, response) => {
    // For members that ask for something else, nobody is here yet.
    if (request.url !== formingPath) request.socket.destroy();
    else response.end(JSON.stringify(answer));
  };
  const tls = await transport.tls?.();
  const server = tls
    ? createHttpsServer({ ...tls, requestCert: true, rejectUnauthorized: true }, handle)
    : createHttpServer(handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const where = formatAddress(listen);
      if (cause.code === 'EADDRINUSE') reject(portTaken(where, cause));
      else {
        const message = `the Raft port ${where} can not be listened on: ${cause.message}`;
        reject(new EngineError('START_FAILED', message, { cause }));
      }
    });
    server.listen(listen.port, listen.host, resolve);
  });
  return server;
}
