import { expect, it } from 'vitest';
import { bareAppend, stored } from './bare-append.js';

it('has as many bytes as what Holdfast stores of a send: a floor with more would flatter the figure', () => {
  const { compare, success } = bareAppend(7, 123_456);
  const [message, head] = success.map(({ request: { value } }) => value);
  expect([message.key.length, message.value.length]).toEqual([stored.messageKey, stored.message]);
  expect([head.key.length, head.value.length]).toEqual([stored.headKey, stored.head]);
  expect(compare.map(({ key }) => String(key))).toEqual([String(head.key)]);
  // Another message, the same head.
  const [next, same] = bareAppend(7, 123_457).success.map(({ request: { value } }) => value);
  expect(String(next.key)).not.toBe(String(message.key));
  expect(String(same.key)).toBe(String(head.key));
});

it('has as many when it is what every node is told of', () => {
  const { compare, success } = bareAppend(7, 1_000, { told: true });
  const [message, head] = success.map(({ request: { value } }) => value);
  expect([message.key.length, head.key.length]).toEqual([stored.messageKey, stored.headKey]);
  expect(compare.map(({ key }) => key)).toEqual([head.key]);
  const [next, same] = bareAppend(7, 1_001, { told: true }).success.map(({ request: { value } }) => value);
  expect(next.key).not.toEqual(message.key);
  expect(same.key).toEqual(head.key);
});
