import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { connect, join, refusalOf } from '../testkit/api-client.js';
import type { ApiClient } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { startServer } from '../testkit/running-server.js';

/** One page of /metrics: figures by name and labels. */
async function read(webAddress: string): Promise<ReadonlyMap<string, number>> {
  const page = await (await fetch(`${webAddress}/metrics`)).text();
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

type Ann = Awaited<ReturnType<typeof join>>;

async function send({ messages }: ApiClient, ann: Ann, id: string): Promise<void> {
  const target = { case: 'username' as const, value: 'ann' };
  await messages.sendMessage({ target, text: 'hi', clientMessageId: id }, ann);
}

it('counts and times what happens', async () => {
  const { address, webAddress } = await startServer();
  const before = await read(webAddress);
  const client = connect(address);
  const ann = await join(client, 'ann');
  const stop = new AbortController();
  const events = client.messages.subscribe({}, { ...ann, signal: stop.signal })[Symbol.asyncIterator]();
  await events.next();
  for (const id of ['1', '2', '3']) await send(client, ann, id);
  expect(await refusalOf(client.accounts.getAccount({ username: 'nobody' }, ann))).toContain('NotFound');
  const after = await read(webAddress);
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(grown('holdfast_calls_total{method="SendMessage",status="OK"}')).toBe(3);
  expect(grown('holdfast_calls_total{method="GetAccount",status="NOT_FOUND"}')).toBe(1);
  expect(grown('holdfast_refusals_total{reason="ACCOUNT_NOT_FOUND"}')).toBe(1);
  expect(grown('holdfast_call_seconds_count{method="SendMessage"}')).toBe(3);
  expect(grown('holdfast_call_seconds_bucket{le="+Inf",method="SendMessage"}')).toBe(3);
  expect(grown('holdfast_calls_running{method="Subscribe"}')).toBe(1);
  expect(grown('holdfast_subscribers')).toBe(1);
  // The connection of these calls; that of a reader of metrics may be a second one.
  expect(after.get('holdfast_connections')).toBeGreaterThanOrEqual(1);
  expect(grown('holdfast_commits_total{outcome="ok"}')).toBeGreaterThanOrEqual(6);
  expect(grown('holdfast_commit_seconds_count')).toBeGreaterThanOrEqual(6);
  expect(grown('holdfast_commit_batch_size_count')).toBeGreaterThanOrEqual(6);
  expect(grown('holdfast_commit_batch_size_sum')).toBeGreaterThanOrEqual(6);
  expect(grown('holdfast_commit_batch_seconds_count')).toBeGreaterThanOrEqual(6);
  expect(after.get('holdfast_store_bytes')).toBeGreaterThan(0);
  expect(after.get('holdfast_store_bytes_in_use')).toBeGreaterThan(0);
  expect(after.get('holdfast_node_healthy')).toBe(1);
  expect(after.get('holdfast_nodes_healthy')).toBe(1);
  expect(after.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  expect(after.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
  await eventually('the feed has brought all, and nothing waits', async () => {
    const now = await read(webAddress);
    return (
      // What the store says of itself may be a second old.
      (now.get('holdfast_store_revision') ?? 0) >= 6 &&
      now.get('holdfast_feed_revision') === now.get('holdfast_store_revision') &&
      now.get('holdfast_feed_lag_seconds') === 0 &&
      now.get('holdfast_commits_waiting') === 0
    );
  });
  stop.abort();
  await eventually('the subscription is over', async () => {
    const now = await read(webAddress);
    return (
      now.get('holdfast_subscribers') === 0 && now.get('holdfast_calls_running{method="Subscribe"}') === 0
    );
  });
});

/** Metrics that an expression of Prometheus names. */
function named(expression: string): string[] {
  const bare = expression.replace(/\{[^}]*\}|\[[^\]]*\]/g, '').replace(/\b(by|without) *\([^)]*\)/g, '');
  return bare.match(/\b(holdfast|nodejs|process)_\w+/g) ?? [];
}

it('has every metric that the dashboard and the alerts name, and each alert is explained', async () => {
  const { address, webAddress } = await startServer();
  const client = connect(address);
  await send(client, await join(client, 'ann'), '1');
  await refusalOf(client.sessions.listSessions({}));
  const known = new Set([...(await read(webAddress)).keys()].map((name) => name.replace(/\{.*/, '')));
  const ops = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');
  const alerts = await ops('ops/alerts.yaml');
  const dashboard = JSON.parse(await ops('ops/grafana-dashboard.json')) as {
    panels: { targets: { expr: string }[] }[];
  };
  const expressions = [
    ...[...alerts.matchAll(/expr: >-\n +(.+)/g)].map(([, expression = '']) => expression),
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
  expect(expressions.length).toBeGreaterThan(40);
  for (const expression of expressions) {
    const names = named(expression);
    expect([expression, names.length > 0 || expression.startsWith('up{')]).toEqual([expression, true]);
    for (const name of names) expect([expression, name, known.has(name)]).toEqual([expression, name, true]);
  }
  const guide = await ops('docs/operations.md');
  const explained = [...guide.matchAll(/^\| `(Holdfast\w+)`/gm)].map(([, name]) => name);
  expect(explained).toEqual([...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name));
});
