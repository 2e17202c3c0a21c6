import type { History } from '../history/history.js';
import { checkAccounts } from './accounts.js';
import { checkAssumptions } from './assumptions.js';
import type { Expected } from './assumptions.js';
import { checkAvailability } from './availability.js';
import { checkConversationLists } from './conversation-lists.js';
import { conversationsOf } from './conversations.js';
import { checkDeletions } from './deletions.js';
import { checkDenials } from './denials.js';
import { Facts } from './facts.js';
import { checkHeads } from './heads.js';
import { checkLists } from './lists.js';
import { checkMessages } from './messages.js';
import { checkPages } from './pages.js';
import { checkRefusals } from './refusals.js';
import { checkSessions } from './sessions.js';
import { checkStreams } from './streams.js';
import { Findings } from './violation.js';

export type Report = {
  readonly findings: Findings;
  /** Times with faults in which it could be judged whether the others go on (G2). */
  readonly judged: number;
};

/** Judges a whole history: first whether it can show anything, then each promise. */
export function check(history: History, expected: Expected): Report {
  const findings = new Findings();
  checkAssumptions(history, expected, findings);
  checkPromises(history, expected.nodes, findings);
  const judged = checkAvailability(history, expected.nodes, findings);
  return { findings, judged };
}

/** Each promise but that the others go on (G2), which takes faults. */
export function checkPromises(history: History, nodes: number, findings: Findings): void {
  const conversations = conversationsOf(history);
  const facts = new Facts(history, conversations);
  checkMessages(history, conversations, nodes, findings);
  checkHeads(facts, findings);
  checkPages(facts, findings);
  checkLists(facts, findings);
  checkConversationLists(facts, findings);
  checkDeletions(facts, findings);
  checkDenials(facts, findings);
  checkStreams(facts, findings);
  checkAccounts(history, findings);
  checkSessions(facts, findings);
  checkRefusals(history, nodes, findings);
}
