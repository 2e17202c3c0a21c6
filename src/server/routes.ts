import { changePassword } from './routes/change-password.js';
import { createAccount } from './routes/create-account.js';
import { deleteAccount } from './routes/delete-account.js';
import { deleteMessages } from './routes/delete-messages.js';
import { getAccount } from './routes/get-account.js';
import { getNode } from './routes/get-node.js';
import { getStatus } from './routes/get-status.js';
import { listAccounts } from './routes/list-accounts.js';
import { listConversations } from './routes/list-conversations.js';
import { listMessages } from './routes/list-messages.js';
import { listSessions } from './routes/list-sessions.js';
import { listUnread } from './routes/list-unread.js';
import { login } from './routes/login.js';
import { logout } from './routes/logout.js';
import { markRead } from './routes/mark-read.js';
import { revokeSession } from './routes/revoke-session.js';
import { sendMessage } from './routes/send-message.js';
import { subscribe } from './routes/subscribe.js';
import type { Route } from './route.js';

/** Every method: those of the API, and what nodes ask each other. */
export const routes: readonly Route[] = [
  createAccount,
  getAccount,
  listAccounts,
  changePassword,
  deleteAccount,
  login,
  logout,
  listSessions,
  revokeSession,
  listConversations,
  markRead,
  sendMessage,
  listMessages,
  listUnread,
  deleteMessages,
  subscribe,
  getStatus,
  getNode,
];
