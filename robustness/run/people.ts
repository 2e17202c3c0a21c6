import type { Caller, Login, Way } from '../clients/caller.js';

export type Identity = { readonly username: string; readonly password: string };

export const patientWay: Way = { node: 0, deadline: 9_000 };
const tries = 40;

/** Creates accounts that stay for the whole run. */
export async function createPeople(caller: Caller, count: number): Promise<Identity[]> {
  const people = Array.from({ length: count }, (_, i) => ({
    username: `p${i}`,
    password: `password of p${i}`,
  }));
  for (const { username, password } of people) {
    await untilOk(async (way) => caller.createAccount(way, username, password));
  }
  return people;
}

/** Logs everybody in, through the given node. */
export async function logInAll(caller: Caller, people: readonly Identity[]): Promise<Map<string, Login>> {
  const logins = new Map<string, Login>();
  for (const { username, password } of people) {
    for (let i = 0; i < tries && !logins.has(username); i += 1) {
      const login = await caller.login(patientWay, username, password);
      if (login) logins.set(username, login);
      else await pause();
    }
    if (!logins.has(username)) throw new Error(`${username} can't log in`);
  }
  return logins;
}

/** Calls again until it succeeds; for before and after the faults, when all is well. */
export async function untilOk<T>(
  call: (way: Way) => Promise<{ outcome: string; reason: string; reply?: T }>,
  node = 0,
): Promise<T> {
  let last = '';
  for (let i = 0; i < tries; i += 1) {
    const { outcome, reason, reply } = await call({ ...patientWay, node });
    if (outcome === 'ok' && reply !== undefined) return reply;
    last = reason;
    await pause();
  }
  throw new Error(`a call fails again and again though all nodes are up: ${last}`);
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 250));
}
