import type { ChatClient } from '../client/chat-client.js';
import { printable } from '../client/printable.js';
import type { ClusterNode, ClusterStatus } from '../client/types.js';
import { sentence } from './form.js';
import type { Key } from './key-parser.js';
import { shortcut } from './panel.js';
import type { Hint, Panel, PanelHost, View } from './panel.js';
import { row } from './row.js';
import type { Row } from './row.js';
import { cut, fit, wrap } from './text.js';

const health = { healthy: 'up', 'no-quorum': 'no majority', unreachable: 'down' };
/** Milliseconds from one look to the next. */
const pause = 2_000;
/** Milliseconds after which a look that finds no server is given up. */
const patience = 4_000;

/** How many more nodes may fail, in a sentence. */
export function toleranceOf({ nodes, faultsToleratedNow, faultsToleratedMax }: ClusterStatus): string {
  if (nodes.length === 1) return 'One server alone: it may not fail.';
  const most = `${faultsToleratedMax} ${faultsToleratedMax === 1 ? 'node' : 'nodes'}`;
  return `Any ${most} may fail when all are up; now ${faultsToleratedNow === 0 ? 'none' : faultsToleratedNow} more.`;
}

/** How the servers are, looked at again and again while it is shown. */
export class ClusterPanel implements Panel {
  readonly title = 'Cluster';
  readonly hints: readonly Hint[] = [['Esc', 'back']];
  private status: ClusterStatus | undefined;
  private problem: string | undefined;
  private at = 0;
  private readonly stop = new AbortController();

  constructor(
    private readonly host: PanelHost,
    private readonly client: ChatClient,
  ) {
    void this.watch();
  }

  onKey(key: Key): boolean {
    const name = shortcut(key);
    const last = (this.status?.nodes.length ?? 1) - 1;
    if (name === 'escape' || name === 'enter') this.host.close();
    else if (name === 'down') this.at = Math.min(last, this.at + 1);
    else if (name === 'up') this.at = Math.max(0, this.at - 1);
    else return false;
    return true;
  }

  view(columns: number, height: number): View {
    const { status, problem } = this;
    const rows: Row[] = [];
    if (problem !== undefined)
      rows.push(...wrap(problem, columns - 2).map((line) => row(` ${line}`, { tone: 'bad' })));
    if (!status) return { rows: problem === undefined ? [row(' Asking …', { dim: true })] : rows };
    const isStale = problem !== undefined;
    const summary = isStale ? 'The nodes as they were last seen:' : toleranceOf(status);
    rows.push(...wrap(summary, columns - 2).map((line) => row(` ${line}`, { bold: true })), row(''));
    const isWide = columns >= 70;
    if (isWide) rows.push(row(cut(headOf(), columns), { underline: true }));
    const stateColumns = status.nodes.some(({ health: state }) => state === 'no-quorum') ? 12 : 5;
    const from = Math.min(this.at, Math.max(0, status.nodes.length - (height - rows.length)));
    const nodes = status.nodes
      .slice(from)
      .map((node) => rowOf(node, node.id === status.nodeId, { columns, stateColumns, isWide }));
    // What may no longer be so does not look as if it were.
    rows.push(...(isStale ? nodes.map((spans) => spans.map(({ text }) => ({ text, dim: true }))) : nodes));
    return { rows };
  }

  close(): void {
    this.stop.abort();
  }

  private async watch(): Promise<void> {
    const { signal } = this.stop;
    const isShown = () => !signal.aborted;
    while (isShown()) {
      try {
        this.status = await this.client.status({ signal, patience });
        this.problem = undefined;
      } catch (error) {
        this.problem = sentence(error);
      }
      if (!isShown()) return;
      this.host.redraw();
      await this.client.clock.wait(pause, signal);
    }
  }
}

function headOf(): string {
  return ` ${fit('node', 10)} ${fit('state', 12)} ${fit('role', 10)} ${fit('address', 24)} database`;
}

function rowOf(
  node: ClusterNode,
  isOurs: boolean,
  {
    columns,
    stateColumns,
    isWide,
  }: { readonly columns: number; readonly stateColumns: number; readonly isWide: boolean },
): Row {
  const state = health[node.health];
  const tone = node.health === 'healthy' ? ('good' as const) : ('bad' as const);
  const id = printable(node.id);
  const role = node.role ?? '–';
  const space = node.space === undefined || node.space === 'ok' ? '' : ` (${node.space})`;
  const size =
    node.health === 'unreachable' ? '–' : `${(node.databaseBytes / 1_048_576).toFixed(1)} MiB${space}`;
  const address = printable(node.serverAddress || '–');
  const mark = { text: isOurs ? '▌' : ' ', bold: true };
  if (!isWide) {
    const rest = cut(` ${fit(role, 9)} ${address}`, Math.max(1, columns - 10 - stateColumns));
    return [
      mark,
      { text: `${fit(id, 8)} ` },
      { text: fit(state, stateColumns), tone, bold: tone === 'bad' },
      { text: rest },
    ];
  }
  return [
    mark,
    { text: `${fit(id, 10)} ` },
    { text: `${fit(state, 12)} `, tone, bold: tone === 'bad' },
    { text: cut(`${fit(role, 10)} ${fit(address, 24)} ${size}`, columns - 25) },
  ];
}
