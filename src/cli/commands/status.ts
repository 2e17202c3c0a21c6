import type { Command } from 'commander';
import type { ClusterNode, ClusterStatus } from '../../client/types.js';
import { act, examples } from '../command.js';
import { statusJson } from '../json.js';
import { table } from '../lines.js';
import { printable } from '../../client/printable.js';

const health = { healthy: 'healthy', 'no-quorum': 'no majority', unreachable: 'unreachable' };

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

function row(node: ClusterNode): readonly string[] {
  const known = node.health !== 'unreachable';
  return [
    node.id,
    node.role ?? '–',
    health[node.health],
    node.serverAddress,
    node.webAddress,
    node.raftAddress || '–',
    known ? node.version : '–',
    known ? String(node.appliedRevision) : '–',
    known ? `${mebibytes(node.databaseBytes)}${node.space === 'ok' ? '' : ` (${node.space ?? ''})`}` : '–',
  ].map((cell) => printable(cell));
}

function faults({ nodes, faultsToleratedNow, faultsToleratedMax }: ClusterStatus): string {
  if (nodes.length === 1) return 'One server alone: no machine may fail.';
  const most = `${faultsToleratedMax} ${faultsToleratedMax === 1 ? 'node' : 'nodes'}`;
  return `Any ${most} may fail when all are up; now ${faultsToleratedNow === 0 ? 'no more' : `${faultsToleratedNow} more`} may.`;
}

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description('show the servers, how they are, and how many more may fail')
    .addHelpText('after', examples('holdfast status', 'holdfast --json status | jq .faults_tolerated_now'))
    .action(
      act(async (session) => {
        const { client } = await session.loggedIn();
        const status = await client.status();
        const head = ['node', 'role', 'health', 'gRPC', 'web', 'Raft', 'version', 'revision', 'database'];
        const lines = `${table([head, ...status.nodes.map(row)])}\n${faults(status)}`;
        session.print(lines, statusJson(status));
      }),
    );
}
