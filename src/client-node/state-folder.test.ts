import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { configFolder, stateFolder } from './state-folder.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('is never relative to where a command is run, also with an empty HOME', () => {
  vi.stubEnv('HOME', '');
  for (const folder of [stateFolder, configFolder]) expect(isAbsolute(folder({ HOME: '' }))).toBe(true);
});

it('takes HOLDFAST_HOME, else the XDG folder; an empty variable counts as none', () => {
  expect(stateFolder({ HOLDFAST_HOME: '/a', XDG_STATE_HOME: '/b' })).toBe('/a');
  expect(stateFolder({ HOLDFAST_HOME: '', XDG_STATE_HOME: '/b' })).toBe('/b/holdfast');
  const given = { HOLDFAST_HOME: '', XDG_STATE_HOME: '/b', XDG_CONFIG_HOME: '/c' };
  expect(configFolder(given)).toBe('/c/holdfast');
  expect(configFolder({ ...given, HOLDFAST_HOME: '/a' })).toBe('/a');
  expect(configFolder({ XDG_CONFIG_HOME: '' })).toBe(join(homedir(), '.config', 'holdfast'));
  expect(stateFolder({})).toBe(join(homedir(), '.local', 'state', 'holdfast'));
});
