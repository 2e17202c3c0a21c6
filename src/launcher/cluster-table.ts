import { webAddressOf } from './cluster-plan.js';
import type { ClusterPlan, NodePlan } from './cluster-plan.js';

export type NodeRow = {
  readonly node: NodePlan;
  /** Such as 'leader', 'follower', 'no majority', 'starting', 'ended by SIGKILL'. */
  readonly state: string;
  /** It takes part: it knows of a leader. */
  readonly healthy: boolean;
  readonly revision: number | undefined;
  readonly bytes: number | undefined;
};

export type Faults = { readonly now: number; readonly max: number; readonly majority: boolean };

export function countFaults(rows: readonly NodeRow[]): Faults {
  const majority = Math.floor(rows.length / 2) + 1;
  const healthy = rows.filter((row) => row.healthy).length;
  return {
    now: Math.max(0, healthy - majority),
    max: rows.length - majority,
    majority: healthy >= majority,
  };
}

export function faultsLine({ now, max, majority }: Faults): string {
  if (!majority) return 'No majority is up: nothing can be written or read until one is.';
  const nodes = (count: number) => `${count} ${count === 1 ? 'node' : 'nodes'}`;
  return `Any ${nodes(max)} may fail when all are up; now ${now === 0 ? 'no more' : `${now} more`} may.`;
}

/**
 * What a person watches. It has as many lines whatever the nodes do: the one who draws it anew in place loses the last one
 * otherwise. `ca`: the authority that clients need.
 */
export function renderPage(
  rows: readonly NodeRow[],
  plan: Pick<ClusterPlan, 'tls' | 'folder'>,
  { colours, columns, ca }: { colours: boolean; columns: number; ca: string | undefined },
): string {
  return [
    '',
    `Holdfast, ${rows.length} nodes on this machine, data and logs (nodeN.log) in ${plan.folder}`,
    '',
    renderTable(rows, colours, plan, columns),
    '',
    faultsLine(countFaults(rows)),
    ...(ca === undefined ? [] : [`Clients need --ca ${ca}`]),
    `Ctrl-C stops all; 1 to ${rows.length} starts a node that has ended.`,
    '',
  ].join('\n');
}

/** Without colours when they are not wanted; in so many columns, those that matter most. */
export function renderTable(
  rows: readonly NodeRow[],
  colours: boolean,
  plan: Pick<ClusterPlan, 'tls'> = { tls: false },
  columns = Infinity,
): string {
  const paint = (code: number, text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const cells = rows.map(({ node, state, revision, bytes }) => [
    node.id,
    state,
    `localhost:${node.port}`,
    webAddressOf(plan, node),
    `localhost:${node.raftPort}`,
    revision === undefined ? '–' : String(revision),
    bytes === undefined ? '–' : `${(bytes / 1_048_576).toFixed(1)} MiB`,
  ]);
  const header = ['node', 'state', 'gRPC', 'web', 'Raft', 'revision', 'database'];
  const widths = header.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  // A row that is broken could not be read: what is at the end is left out.
  let shown = header.length;
  const width = () => widths.slice(0, shown).reduce((sum, one) => sum + 2 + one, 0);
  while (shown > 2 && width() > columns) shown -= 1;
  const line = (row: readonly string[]) =>
    row
      .slice(0, shown)
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ');
  const lines = cells.map((row, i) => {
    const { healthy = false, state = '' } = rows[i] ?? {};
    if (!healthy) return paint(31, line(row));
    return state === 'leader' ? paint(32, line(row)) : line(row);
  });
  return [paint(2, line(header)), ...lines].map((text) => `  ${text.trimEnd()}`).join('\n');
}
