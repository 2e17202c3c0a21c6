import type { Logger } from 'pino';
import { expect, it } from 'vitest';
import { ChatError } from '../chat/chat-error.js';
import { StoreError } from '../kv/store-error.js';
import { TestLog } from '../../test/testkit/test-log.js';
import { CallLog } from './call-log.js';

it('logs every failure of its own as an error, and what a store without quorum refuses once a minute', () => {
  const lines = new TestLog();
  const log = new CallLog(Object.assign(lines, { isLevelEnabled: () => false }) as unknown as Logger);
  const fail = (error: unknown) => log.begin('SendMessage').fail(error).error.reason;
  for (let i = 0; i < 3; i += 1) {
    expect(fail(new StoreError('UNAVAILABLE', 'no quorum'))).toBe('STORE_UNAVAILABLE');
    expect(fail(new StoreError('UNKNOWN_OUTCOME', 'no answer'))).toBe('OUTCOME_UNKNOWN');
    expect(fail(new StoreError('OUT_OF_SPACE', 'no room'))).toBe('STORE_FULL');
    expect(fail(new StoreError('CLOSED', 'closed'))).toBe('SHUTTING_DOWN');
    expect(fail(new ChatError('TEXT_MISSING'))).toBe('TEXT_MISSING');
  }
  expect(lines.find('error', '')).toEqual([]);
  expect(lines.find('warn', '')).toEqual(['calls are refused']);
  expect(fail(new StoreError('CORRUPT', 'not what was written'))).toBe('INTERNAL');
  expect(fail(new TypeError('a bug'))).toBe('INTERNAL');
  expect(lines.find('error', '')).toEqual(['a call failed', 'a call failed']);
});

it('says at debug level where a call that was refused came from', () => {
  const lines = new TestLog();
  const log = (level: boolean) =>
    new CallLog(Object.assign(lines, { isLevelEnabled: () => level }) as unknown as Logger);
  const address = () => '192.0.2.7';
  log(false).begin('Login').fail(new ChatError('CREDENTIALS_WRONG'), address);
  expect(lines.lines).toEqual([]);
  log(true).begin('Login').fail(new ChatError('CREDENTIALS_WRONG'), address);
  const [refused] = lines.lines.filter(({ message }) => message === 'a call was refused');
  expect(refused?.fields).toEqual({ method: 'Login', reason: 'CREDENTIALS_WRONG', address: '192.0.2.7' });
});
