import { SessionService } from '../../api/holdfast/v1/session_pb.js';
import { authenticate } from '../authenticate.js';
import { unary } from '../route.js';

export const revokeSession = unary(SessionService.method.revokeSession, 'change', async (call, request) => {
  const caller = await authenticate(call);
  await call.chat.sessions.revoke(caller, request.sessionId);
  return {};
});
