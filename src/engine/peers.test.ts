import { describe, expect, it } from 'vitest';
import { describeDifference, findPeersProblem, parseAddress } from './peers.js';

describe('addresses', () => {
  it.each([
    ['localhost:9888', { host: 'localhost', port: 9_888 }],
    ['10.0.0.1:1', { host: '10.0.0.1', port: 1 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
  ])('%s', (text, expected) => {
    expect(parseAddress(text)).toEqual(expected);
  });

  it.each([
    'localhost',
    ':9888',
    'localhost:0',
    'localhost:65536',
    'http://a:1',
    '::1:5',
    'a:1,b=http://c:2',
  ])('refuses %s', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe('peers', () => {
  const good = { node1: 'localhost:1', node2: 'localhost:2' };

  it('are fine when they name this node', () => {
    expect(findPeersProblem(good, 'node2')).toBeUndefined();
  });

  it.each([
    [{}, 'node1', 'peers', 'must name'],
    [good, 'node3', 'peers', 'does not name this node, node3; it names node1, node2'],
    [{ ...good, node3: 'LOCALHOST:1' }, 'node1', 'peers.node3', 'has the Raft address of node1'],
    [{ ...good, node3: 'localhost' }, 'node1', 'peers.node3', 'must be HOST:PORT'],
    [{ ...good, '../x': 'localhost:3' }, 'node1', 'peers.../x', 'is no node id'],
    [{ ...good, 'a,b': 'localhost:3' }, 'node1', 'peers.a,b', 'is no node id'],
  ])('%j for %s: %s %s', (peers, nodeId, key, problem) => {
    const found = findPeersProblem(peers, nodeId);
    expect(found?.key).toBe(key);
    expect(found?.problem).toContain(problem);
  });

  it('differ in words', () => {
    expect(describeDifference(good, { node2: 'localhost:2', node1: 'localhost:1' })).toBeUndefined();
    expect(describeDifference(good, { node2: 'localhost:9', node3: 'localhost:3' })).toBe(
      'node1 (localhost:1) is missing, node2 is localhost:9 instead of localhost:2, node3 (localhost:3) is new',
    );
  });
});
