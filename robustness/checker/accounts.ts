import type { Call, History } from '../history/history.js';
import { fold, nameModel } from './account-model.js';
import type { NameOperation } from './account-model.js';
import { checkLinearizable } from './linearizability.js';
import type { Timed } from './linearizability.js';
import { listingsOf } from './listing.js';
import type { Findings } from './violation.js';

/** Of a call. */
type Span = Pick<Call, 'id' | 'start' | 'end'>;

type Found = { readonly id: string; readonly timed: Timed<NameOperation> };

/**
 * G7, and G6 for accounts: each name by itself is a register that everybody sees alike; ids are never used twice.
 */
export function checkAccounts(history: History, findings: Findings): void {
  const operations = new Map<string, Found[]>();
  const add = (name: string, call: Span, operation: NameOperation, end = call.end) => {
    const list = operations.get(fold(name)) ?? [];
    list.push({ id: call.id, timed: { start: call.start, end, operation } });
    operations.set(fold(name), list);
  };
  const ids = checkIds(history, findings);
  creations(history, add);
  logins(history, add);
  looks(history, add);
  listings(history, add, findings);
  changes(history, add);
  for (const [name, list] of operations) {
    const verdict = checkLinearizable(
      nameModel(ids),
      list.map(({ timed }) => timed),
    );
    if (verdict.linearizable === true) continue;
    if (verdict.linearizable === undefined) {
      findings.add({
        promise: 'run',
        kind: 'undecided',
        what: `whether the name ${name} is a register: too many orders`,
      });
      continue;
    }
    const { stuck, longest } = verdict;
    const call = list.find(({ timed }) => timed === stuck)?.id ?? '';
    const before = longest.slice(-4).map((index) => list[index]?.id ?? '');
    const what = `no order of the calls on the name ${name} explains ${call} (${JSON.stringify(stuck.operation)}) after ${before.join(', ')}`;
    findings.add({ promise: 'G7', kind: 'name', what, at: stuck.start });
  }
}

type Add = (name: string, call: Span, operation: NameOperation, end?: number) => void;

/** Returns which call has created which account. */
function checkIds(history: History, findings: Findings): Map<string, string> {
  const ids = new Map<string, string>();
  for (const { id: call, result, start } of history.of('createAccount')) {
    const id = result.account?.id;
    if (id === undefined) continue;
    const other = ids.get(id);
    if (other !== undefined)
      findings.add({
        promise: 'G7',
        kind: 'id',
        what: `${other} and ${call} created accounts with the same id ${id}`,
        at: start,
      });
    ids.set(id, call);
  }
  return ids;
}

function creations(history: History, add: Add): void {
  for (const call of history.of('createAccount')) {
    const { username, password } = call.request;
    if (call.outcome === 'unknown')
      add(username, call, { do: 'create', call: call.id, id: undefined, password, open: true }, Infinity);
    else if (call.outcome === 'ok')
      add(username, call, {
        do: 'create',
        call: call.id,
        id: call.result.account?.id,
        password,
        open: false,
      });
    else if (call.reason === 'USERNAME_TAKEN') add(username, call, { do: 'taken' });
  }
}

function logins(history: History, add: Add): void {
  for (const call of history.of('login')) {
    const { username, password } = call.request;
    if (call.outcome === 'ok')
      add(username, call, { do: 'found', id: call.result.account?.id ?? '', password });
    else if (call.reason === 'CREDENTIALS_WRONG')
      add(username, call, { do: 'wrong', password, id: undefined });
  }
}

function looks(history: History, add: Add): void {
  for (const call of [...history.of('send'), ...history.of('listMessages')]) {
    if (call.reason === 'ACCOUNT_NOT_FOUND') add(call.request.to, call, { do: 'missing' });
  }
  for (const call of history.of('getAccount')) {
    const { username } = call.request;
    if (call.outcome === 'ok')
      add(username, call, { do: 'found', id: call.result.account?.id ?? '', password: undefined });
    else if (call.reason === 'ACCOUNT_NOT_FOUND') add(username, call, { do: 'missing' });
  }
}

/** In the order of names, each once. A listing that came to its end has looked at every name that matches, each at a moment of its own. */
function listings(history: History, add: Add, findings: Findings): void {
  const names = new Set(history.of('createAccount').map(({ request }) => fold(request.username)));
  for (const { first, last, pages, whole } of listingsOf(history.of('listAccounts'))) {
    const prefix = fold(first.request.pattern).replace(/\*$/, '');
    let before = '';
    for (const call of pages) {
      for (const { username, id } of call.result.accounts ?? []) {
        add(username, call, { do: 'found', id, password: undefined });
        const name = fold(username);
        if (name <= before || !name.startsWith(prefix))
          findings.add({
            promise: 'G7',
            kind: 'list',
            what: `${call.id} lists ${username} after ${before} for ${first.request.pattern}`,
            at: call.start,
          });
        before = name;
      }
    }
    if (!whole) continue;
    const listed = new Set(
      pages.flatMap(({ result }) => (result.accounts ?? []).map(({ username }) => fold(username))),
    );
    for (const name of names) {
      if (name.startsWith(prefix) && !listed.has(name))
        add(name, { ...last, start: first.start }, { do: 'missing' });
    }
  }
}

function changes(history: History, add: Add): void {
  for (const call of history.of('changePassword')) {
    const { username, account: id, oldPassword: before, newPassword: after } = call.request;
    const open = call.outcome === 'unknown';
    if (call.reason === 'PASSWORD_WRONG') add(username, call, { do: 'wrong', password: before, id });
    if (call.outcome === 'refused') continue;
    add(username, call, { do: 'change', id, before, after, open }, open ? Infinity : call.end);
  }
  for (const call of history.of('deleteAccount')) {
    const { username, account: id, password } = call.request;
    const open = call.outcome === 'unknown';
    if (call.reason === 'PASSWORD_WRONG') add(username, call, { do: 'wrong', password, id });
    if (call.outcome === 'refused') continue;
    const end = open ? Infinity : call.end;
    add(username, call, { do: 'close', id, password, open }, end);
    add(username, call, { do: 'free', id, open }, end);
  }
}
