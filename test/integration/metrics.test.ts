import { readFile } from 'node:fs/promises';
import { status } from '@grpc/grpc-js';
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
function namedIn(expression: string): string[] {
  const bare = expression.replace(/\{[^}]*\}|\[[^\]]*\]/g, '').replace(/\b(by|without) *\([^)]*\)/g, '');
  return bare.match(/\b(holdfast|nodejs|process)_\w+/g) ?? [];
}

/** What an expression asks of labels: of which metric, and which value if one is named. */
function labelsOf(expression: string): { metric: string; label: string; value?: string }[] {
  const selectors = [...expression.matchAll(/((?:holdfast|nodejs|process)_\w+)\{([^}]*)\}/g)];
  const named = selectors.flatMap(([, metric = '', matchers = '']) =>
    [...matchers.matchAll(/(\w+)(=~|!=|!~|=)"([^"]*)"/g)].flatMap(([, label = '', operator, values = '']) =>
      operator === '=' || operator === '=~'
        ? values.split('|').map((value) => ({ metric, label, value }))
        : [{ metric, label }],
    ),
  );
  const groups = [...expression.matchAll(/\bby *\(([^)]*)\) *\(([^)]*)/g)].flatMap(
    ([, labels = '', inside = '']) =>
      labels.split(/, */).flatMap((label) => namedIn(inside).map((metric) => ({ metric, label }))),
  );
  return [...named, ...groups];
}

/** Figures of a server that has refused nothing but one call, and the expressions of alerts and dashboard. */
async function operations() {
  const { address, webAddress } = await startServer();
  const client = connect(address);
  await send(client, await join(client, 'ann'), '1');
  await refusalOf(client.sessions.listSessions({}));
  const series = [...(await read(webAddress)).keys()];
  const ops = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');
  const alerts = await ops('ops/alerts.yaml');
  const dashboard = JSON.parse(await ops('ops/grafana-dashboard.json')) as {
    panels: { targets: { expr: string }[] }[];
  };
  const expressions = [
    ...[...alerts.matchAll(/expr: >-\n +(.+)/g)].map(([, expression = '']) => expression),
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
  return { series, alerts, expressions, guide: await ops('docs/operations.md') };
}

it('has every metric that the dashboard and the alerts name, and each alert is explained', async () => {
  const { series, alerts, expressions, guide } = await operations();
  const known = new Set(series.map((name) => name.replace(/\{.*/, '')));
  expect(expressions.length).toBeGreaterThan(40);
  for (const expression of expressions) {
    const names = namedIn(expression);
    expect([expression, names.length > 0 || expression.startsWith('up{')]).toEqual([expression, true]);
    for (const name of names) expect([expression, name, known.has(name)]).toEqual([expression, name, true]);
  }
  const explained = [...guide.matchAll(/^\| `(Holdfast\w+)`/gm)].map(([, name]) => name);
  expect(explained).toEqual([...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name));
});

it('has every label and value that they name, from the start, so that growth from nothing is growth', async () => {
  const { series, expressions } = await operations();
  // Prometheus's own, and statuses of gRPC, of which a server that is well has few.
  const given = new Set(['instance', 'status']);
  const asked = expressions.flatMap((expression) => labelsOf(expression));
  expect(asked.length).toBeGreaterThan(30);
  for (const { metric, label, value } of asked) {
    if (label === 'instance') continue;
    const start = `${metric}{`;
    const one = series.some(
      (name) =>
        name.startsWith(start) &&
        (value === undefined || given.has(label)
          ? name.includes(`${label}="`)
          : name.includes(`${label}="${value}"`)),
    );
    expect([metric, label, value, one]).toEqual([metric, label, value, true]);
    if (label === 'status' && value !== undefined) expect(Object.keys(status)).toContain(value);
  }
  // What grows from nothing to 1 between two readings has not grown for Prometheus.
  const sudden = expressions.filter((expression) => /increase\(.*> 0$/.test(expression));
  expect(sudden).toEqual(['increase(holdfast_refusals_total{reason="INTERNAL"}[5m]) > 0']);
});

it('has an alert for every limit that can be reached', async () => {
  const { expressions } = await operations();
  const errors = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const limits = [...errors.matchAll(/^\| `(\w+)` +\| `RESOURCE_EXHAUSTED`/gm)].map(([, reason]) => reason);
  // Of a single request, and told by what is left of the room.
  const others = new Set(['REQUEST_TOO_LARGE', 'STORE_FULL']);
  const watched = expressions.flatMap((expression) => labelsOf(expression).map(({ value }) => value));
  expect(limits.length).toBeGreaterThan(10);
  expect(limits.filter((reason = '') => !others.has(reason) && !watched.includes(reason))).toEqual([]);
});
