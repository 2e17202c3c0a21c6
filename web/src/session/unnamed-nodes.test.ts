import { expect, it } from 'vitest';
import { UnnamedNodes, names } from './unnamed-nodes.js';

const [a, b, c] = ['http://a.example:8080', 'http://b.example:8080', 'http://c.example:8080'];
const origin = a;
const policyOf = (...sources: readonly string[]) =>
  `default-src 'none'; connect-src 'self' ${sources.join(' ')}; base-uri 'none'`;

it('reads which nodes a policy names', () => {
  const policy = policyOf(a, 'http://*:82', 'https://d.example');
  const asked = [
    a,
    `${a}/`,
    'http://[::1]:82',
    'https://d.example',
    b,
    'http://a.example',
    'http://[::1]:83',
  ];
  expect(asked.map((server) => names(policy, server))).toEqual([true, true, true, true, false, false, false]);
  expect(names("default-src 'none'", a)).toBe(false);
});

it.each([
  ['a node that the page does not know, and its node does', [a, b], [a, b, c], true],
  ['nodes that the page knows', [a, b, c], [a, b, c], false],
  ['a node that its own node does not know either', [a, b], [a, b], false],
  ['a node while its own one is dead', [a, b], undefined, false],
  ['a node when the policy is not known', undefined, [a, b, c], false],
] as const)('offers to load the page again, or not: %s', async (_, loaded, now, offered) => {
  const policy = (nodes: readonly string[] | undefined) => nodes && policyOf(...nodes);
  const nodes = new UnnamedNodes({
    origin,
    loaded: Promise.resolve(policy(loaded)),
    now: () => Promise.resolve(policy(now)),
  });
  expect(nodes.getSnapshot()).toBe(false);
  await nodes.check([a, b, c]);
  expect(nodes.getSnapshot()).toBe(offered);
});
