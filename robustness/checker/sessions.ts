import type { Call } from '../history/history.js';
import { fold } from './account-model.js';
import type { Facts } from './facts.js';
import type { Findings } from './violation.js';

/** Milliseconds that a session ended on another node may go on working. */
const grace = 1_000;
/** Logins that an account can have at a time. */
const mostSessions = 100;

type End = { tried: number; done: number; node: number };

/**
 * G6's stated exception: a session that was ended is refused on that node at once, and on every other one within 1 s.
 * And G1: a session that nobody has ended is not lost.
 */
export function checkSessions(facts: Facts, findings: Findings): void {
  const { history } = facts;
  const ends = endsOf(history.calls);
  const logins = new Map(history.of('login').map((call) => [call.request.session, call]));
  for (const call of history.calls) {
    const { id, start, end, node, request, outcome, reason } = call;
    if (!('session' in request) || request.op === 'login') continue;
    const { session } = request;
    const over = ends.get(session);
    const known = logins.get(session);
    if (outcome === 'ok' && over && request.op !== 'subscribe') {
      const since = start - over.done;
      if (since > grace || (since > 0 && node === over.node && node >= 0)) {
        const what = `${id} was answered on node${node + 1}, though its session had ended ${Math.round(since)} ms before`;
        findings.add({ promise: 'G6', kind: 'session-over', what, at: start });
      }
    }
    if (reason !== 'SESSION_ENDED' && reason !== 'SESSION_EXPIRED') continue;
    if (known && (!over || over.tried > end))
      findings.add({
        promise: 'G1',
        kind: 'session-lost',
        what: `${id} was refused with ${reason}, though nobody has ended its session`,
        at: start,
      });
  }
  streams(facts, ends, findings);
  counts(facts, ends, logins, findings);
}

/** A stream of a session that is over for longer than that brings nothing that was sent since. */
function streams(facts: Facts, ends: ReadonlyMap<string, End>, findings: Findings): void {
  const sessions = new Map(facts.history.of('subscribe').map(({ id, request }) => [id, request.session]));
  for (const { id, at, event } of facts.history.events) {
    const over = ends.get(sessions.get(id) ?? '');
    if (!over || event.kind !== 'message') continue;
    const { conversation, seq } = event.message;
    const sent = facts.conversation(conversation)?.entries[seq]?.sending?.start ?? 0;
    if (sent <= over.done + grace) continue;
    const what = `${id} delivers message ${seq} of ${conversation}, though its session had ended before it was sent`;
    findings.add({ promise: 'G6', kind: 'session-over', what, at });
  }
}

/** A list of sessions has those that were there all the time, and none that was not there at any. */
function counts(
  { history }: Facts,
  ends: ReadonlyMap<string, End>,
  logins: ReadonlyMap<string, Call<'login'>>,
  findings: Findings,
): void {
  for (const { id, start, end, request, outcome, result } of history.of('listSessions')) {
    if (outcome !== 'ok' || result.sessions === undefined) continue;
    const own = [...logins.values()].filter((login) => login.result.account?.id === request.account);
    const names = new Set(own.map((login) => fold(login.request.username)));
    let least = 0;
    let most = 0;
    for (const login of logins.values()) {
      const over = ends.get(login.request.session);
      const sure = login.result.account?.id === request.account;
      // Of one that was not answered only the name is known.
      const maybe = sure || (login.outcome === 'unknown' && names.has(fold(login.request.username)));
      if (sure && login.end < start && !(over && over.tried < end)) least += 1;
      // The client library may have logged in again when an answer was lost.
      if (maybe && login.start < end && !(over && over.done < start)) most += login.node < 0 ? Infinity : 1;
    }
    // The oldest make room for new ones.
    if (most >= mostSessions || (result.sessions >= least && result.sessions <= most)) continue;
    const what = `${id} lists ${result.sessions} sessions: ${least} to ${most} are right`;
    findings.add({ promise: 'G6', kind: 'session-count', what, at: start });
  }
}

function endsOf(calls: readonly Call[]): Map<string, End> {
  const ends = new Map<string, End>();
  const learn = (session: string, { start, end, outcome, node }: Call) => {
    const done = outcome === 'ok' ? end : Infinity;
    const before = ends.get(session);
    if (!before) ends.set(session, { tried: start, done, node });
    else {
      before.tried = Math.min(before.tried, start);
      if (done < before.done) Object.assign(before, { done, node });
    }
  };
  const byAccount = new Map<string, { readonly session: string; readonly end: number }[]>();
  for (const { request, outcome, result, end } of calls) {
    if (request.op !== 'login' || outcome !== 'ok') continue;
    const account = result.account?.id ?? '';
    byAccount.set(account, [...(byAccount.get(account) ?? []), { session: request.session, end }]);
  }
  for (const call of calls) {
    const { request, outcome, start } = call;
    if (outcome === 'refused') continue;
    if (request.op === 'logout') learn(request.session, call);
    else if (request.op === 'revoke') learn(request.ends, call);
    else if (request.op === 'changePassword' || request.op === 'deleteAccount') {
      for (const { session, end } of byAccount.get(request.account) ?? []) {
        if (request.op === 'changePassword' && session === request.session) continue;
        // A login that overlaps with a change of the password may come after it.
        const certain = request.op === 'deleteAccount' || end < start;
        learn(session, certain ? call : { ...call, outcome: 'unknown' });
      }
    }
  }
  return ends;
}
