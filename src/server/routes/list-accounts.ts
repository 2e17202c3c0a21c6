import { AccountService } from '../../api/holdfast/v1/account_pb.js';
import { authenticate } from '../authenticate.js';
import { encodeAccount } from '../encode.js';
import { unary } from '../route.js';

export const listAccounts = unary(AccountService.method.listAccounts, 'long', async (call, request) => {
  const { accountId } = await authenticate(call);
  const list = async () => call.chat.accounts.list(request);
  const { items, nextPageToken } = await call.limits.list(accountId, list);
  return { accounts: items.map(encodeAccount), nextPageToken };
});
