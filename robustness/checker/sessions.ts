import type { Call } from '../history/history.js';
import type { Facts } from './facts.js';
import type { Findings } from './violation.js';

/** Milliseconds that a session ended on another node may go on working. */
const grace = 1_000;

type End = { tried: number; done: number; node: number };

/**
 * G6's stated exception: a session that was ended is refused on that node at once, and on every other one within 1 s.
 * And G1: a session that nobody has ended is not lost.
 */
export function checkSessions({ history }: Facts, findings: Findings): void {
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
