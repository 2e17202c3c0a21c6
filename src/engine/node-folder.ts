import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FolderError } from '../folder/folder-error.js';
import { MarkedFolder } from '../folder/marked-folder.js';
import type { FolderKind } from '../folder/marked-folder.js';
import { EngineError } from './engine-error.js';
import { etcdFolder } from './member-flags.js';
import { describeDifference } from './peers.js';
import type { Peers } from './peers.js';

export type NodeRecord = {
  readonly nodeId: string;
  /** The cluster's members as this node last knew them. */
  readonly peers: Peers;
  /** Of this node's member, hexadecimal; undefined until its cluster knows that it has started. */
  readonly memberId?: string | undefined;
  /** Whether the members speak TLS with each other: what they know of each other's addresses says so. */
  readonly tls?: boolean | undefined;
  /** Of its cluster, likewise; peers of another one tell nothing about this one. */
  readonly clusterId?: string | undefined;
};

const kind: FolderKind<NodeRecord> = {
  format: 'holdfast-node',
  version: 1,
  content: z.object({
    nodeId: z.string(),
    peers: z.record(z.string(), z.string()),
    memberId: z.string().optional(),
    tls: z.boolean().optional(),
    clusterId: z.string().optional(),
  }),
  noun: 'the data of a node of a Holdfast cluster',
};

export type OpenNodeFolderOptions = {
  readonly serverData: string;
  readonly nodeId: string;
  readonly peers: Peers;
  readonly tls?: boolean;
  /** The members of the cluster (of any, if undefined) according to some of these addresses; undefined when none answers. */
  readonly realPeers: (
    addresses: readonly string[],
    clusterId: string | undefined,
  ) => Promise<Peers | undefined>;
};

/** The folder of one node, for this process alone: what it is a member of, its member's data and socket. */
export class NodeFolder {
  private constructor(
    private readonly folder: MarkedFolder<NodeRecord>,
    private known: NodeRecord,
    /** Whether the member has data from an earlier run. */
    readonly hasData: boolean,
  ) {}

  /**
   * Throws FolderError, or EngineError PEERS_DIFFER when the configured peers are neither what the folder
   * knows nor the cluster's members, or TLS_DIFFERS; then nothing has been changed.
   */
  static async open(options: OpenNodeFolderOptions): Promise<NodeFolder> {
    const path = join(options.serverData, options.nodeId);
    const folder = await MarkedFolder.open(path, kind);
    try {
      const hasData = await hasLog(path);
      const record = await agree(path, folder.content, hasData, options);
      await folder.write(record);
      return new NodeFolder(folder, record, hasData);
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  get path(): string {
    return this.folder.path;
  }

  get record(): NodeRecord {
    return this.known;
  }

  /** Remembers what has changed. Returns how, in words; undefined: nothing had. */
  async update({
    peers,
    memberId,
    clusterId,
  }: Omit<NodeRecord, 'nodeId' | 'tls'>): Promise<string | undefined> {
    const difference = describeDifference(this.known.peers, peers);
    const { known } = this;
    if (difference !== undefined || known.memberId !== memberId || known.clusterId !== clusterId) {
      const record = { ...known, peers, memberId, clusterId };
      await this.folder.write(record);
      this.known = record;
    }
    return difference;
  }

  async close(): Promise<void> {
    await this.folder.close();
  }
}

async function agree(
  path: string,
  known: NodeRecord | undefined,
  hasData: boolean,
  { nodeId, peers, tls = false, realPeers }: OpenNodeFolderOptions,
): Promise<NodeRecord> {
  const fresh = { nodeId, peers, ...(tls && { tls }) };
  if (!known) return fresh;
  if (known.nodeId !== nodeId) {
    throw new FolderError(
      'FOREIGN',
      `data folder ${path} is of node ${known.nodeId}, not of ${nodeId}: don't rename it`,
    );
  }
  const began = known.tls ?? false;
  const difference = describeDifference(known.peers, peers);
  if (difference === undefined && began === tls) return known;
  // Nothing depends on what a start that came to nothing was configured with.
  if (!hasData) return fresh;
  if (began !== tls) {
    throw new EngineError(
      'TLS_DIFFERS',
      `the nodes of the cluster that ${path} belongs to began ${began ? 'with' : 'without'} "tls", and the others look for ` +
        `this one so: configure it ${began ? 'with' : 'without'}, or export the data and import it into a new cluster`,
    );
  }
  if (difference === undefined) return known;
  const addresses = new Set([...Object.values(known.peers), ...Object.values(peers)]);
  const real = await realPeers([...addresses], known.clusterId);
  if (real && describeDifference(real, peers) === undefined) return { ...known, peers };
  throw new EngineError(
    'PEERS_DIFFER',
    `the configured peers are not those of the cluster that ${path} belongs to (${difference}): ` +
      `correct the configuration; the members of a running cluster are changed by adding and removing them`,
  );
}

async function hasLog(path: string): Promise<boolean> {
  const names = await readdir(join(path, etcdFolder, 'member', 'wal')).catch(() => []);
  return names.some((name) => name.endsWith('.wal'));
}
