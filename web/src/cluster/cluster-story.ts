import type { ClusterNode, ClusterStatus } from '../../../src/client/types.js';

const numbers = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

/** How the cluster is, in a sentence or two. */
export function summaryOf({ nodes, faultsToleratedNow, faultsToleratedMax }: ClusterStatus): string {
  if (nodes.length === 1 && faultsToleratedMax === 0)
    return 'A server by itself. It has no copies that could step in.';
  const down = nodes.filter(({ health }) => health === 'unreachable');
  const cutOff = nodes.some(({ health }) => health === 'no-quorum');
  if (cutOff && faultsToleratedNow === 0) {
    return 'Too many nodes are down: nothing can be written until a majority is back.';
  }
  const more = numbers[faultsToleratedNow] ?? String(faultsToleratedNow);
  const mayFail =
    faultsToleratedNow === 0
      ? 'Not one more may fail.'
      : `${more} ${down.length > 0 ? 'more ' : ''}may fail.`;
  if (down.length === 0) {
    const all = numbers[nodes.length] ?? String(nodes.length);
    return `All ${all.toLowerCase()} nodes are up. ${mayFail}`;
  }
  return `${listOf(down.map(({ id }) => id))} ${down.length === 1 ? 'is' : 'are'} down. ${mayFail}`;
}

/** What has happened between two looks, as it would be told. */
export function changesBetween(before: ClusterStatus, after: ClusterStatus): readonly string[] {
  const known = new Map(before.nodes.map((node) => [node.id, node]));
  const told: string[] = [];
  for (const node of after.nodes) {
    const then = known.get(node.id);
    if (!then) told.push(`${node.id} has joined`);
    else told.push(...changesOf(then, node));
    known.delete(node.id);
  }
  for (const id of known.keys()) told.push(`${id} has left`);
  if (before.nodeId !== after.nodeId) told.push(`This page is served by ${after.nodeId} now`);
  return told;
}

function changesOf(then: ClusterNode, now: ClusterNode): readonly string[] {
  const told: string[] = [];
  if (then.health !== now.health) {
    const news = { healthy: 'is up', 'no-quorum': 'has lost the majority', unreachable: 'is down' };
    told.push(`${now.id} ${news[now.health]}`);
  }
  if (now.role === 'leader' && then.role !== 'leader') told.push(`${now.id} leads`);
  if (then.space !== now.space && now.space === 'low') told.push(`${now.id} is running out of room`);
  if (then.space !== now.space && now.space === 'full') told.push(`${now.id} is full`);
  return told;
}

function listOf(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${last}` : last;
}
