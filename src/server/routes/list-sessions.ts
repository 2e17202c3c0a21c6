import { SessionService } from '../../api/holdfast/v1/session_pb.js';
import { authenticate } from '../authenticate.js';
import { encodeSession } from '../encode.js';
import { unary } from '../route.js';

export const listSessions = unary(SessionService.method.listSessions, 'read', async (call) => {
  const caller = await authenticate(call);
  const sessions = await call.chat.sessions.list(caller);
  return { sessions: sessions.map(encodeSession) };
});
