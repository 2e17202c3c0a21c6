import { AccountService } from '../../api/holdfast/v1/account_pb.js';
import { authenticate } from '../authenticate.js';
import { unary } from '../route.js';

export const deleteAccount = unary(AccountService.method.deleteAccount, 'long', async (call, request) => {
  const caller = await authenticate(call);
  await call.chat.accounts.delete(caller, request);
  return {};
});
