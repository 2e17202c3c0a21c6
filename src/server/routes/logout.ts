import { SessionService } from '../../api/holdfast/v1/session_pb.js';
import { authenticate } from '../authenticate.js';
import { unary } from '../route.js';

export const logout = unary(SessionService.method.logout, 'change', async (call) => {
  const caller = await authenticate(call);
  await call.chat.sessions.logout(caller);
  return {};
});
