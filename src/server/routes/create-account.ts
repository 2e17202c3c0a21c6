import { AccountService } from '../../api/holdfast/v1/account_pb.js';
import { encodeAccount } from '../encode.js';
import { unary } from '../route.js';

export const createAccount = unary(AccountService.method.createAccount, 'long', async ({ chat }, request) => {
  const account = await chat.accounts.create(request);
  return { account: encodeAccount(account) };
});
