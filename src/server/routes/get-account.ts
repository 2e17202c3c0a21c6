import { AccountService } from '../../api/holdfast/v1/account_pb.js';
import { authenticate } from '../authenticate.js';
import { encodeAccount } from '../encode.js';
import { unary } from '../route.js';

export const getAccount = unary(AccountService.method.getAccount, 'read', async (call, request) => {
  await authenticate(call);
  const account = await call.chat.accounts.get(request.username);
  return { account: encodeAccount(account) };
});
