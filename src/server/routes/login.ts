import { SessionService } from '../../api/holdfast/v1/session_pb.js';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { networkOf } from '../client-address.js';
import { encodeAccount } from '../encode.js';
import { unary } from '../route.js';

export const login = unary(SessionService.method.login, 'long', async (call, request) => {
  const { chat, addresses, address, limits } = call;
  const place = networkOf(address);
  const { token, account, expireTime } = await limits.login(address, async () =>
    chat.sessions.login({ ...request, place }),
  );
  return {
    token,
    account: encodeAccount(account),
    expireTime: timestampFromMs(expireTime),
    servers: [...addresses.servers],
    webServers: [...addresses.webServers],
  };
});
