import { isAbsolute } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { stateFolder } from './state-folder.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('is never relative to where a command is run, also with an empty HOME', () => {
  vi.stubEnv('HOME', '');
  expect(isAbsolute(stateFolder({ HOME: '' }))).toBe(true);
});

it('takes HOLDFAST_HOME, else the XDG folder; an empty variable counts as none', () => {
  expect(stateFolder({ HOLDFAST_HOME: '/a', XDG_STATE_HOME: '/b' })).toBe('/a');
  expect(stateFolder({ HOLDFAST_HOME: '', XDG_STATE_HOME: '/b' })).toBe('/b/holdfast');
});
