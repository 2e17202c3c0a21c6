import { AccountService } from '../../api/holdfast/v1/account_pb.js';
import { encodeAccount } from '../encode.js';
import { unary } from '../route.js';

export const createAccount = unary(AccountService.method.createAccount, 'long', async (call, request) => {
  call.limits.creation(call.address);
  const account = await call.chat.accounts.create(request);
  return { account: encodeAccount(account) };
});
