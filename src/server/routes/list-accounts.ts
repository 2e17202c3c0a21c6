import { AccountService } from '../../api/holdfast/v1/account_pb.js';
import { authenticate } from '../authenticate.js';
import { encodeAccount } from '../encode.js';
import { unary } from '../route.js';

export const listAccounts = unary(AccountService.method.listAccounts, 'long', async (call, request) => {
  await authenticate(call);
  const { items, nextPageToken } = await call.chat.accounts.list(request);
  return { accounts: items.map(encodeAccount), nextPageToken };
});
