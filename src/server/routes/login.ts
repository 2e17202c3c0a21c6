import { SessionService } from '../../api/holdfast/v1/session_pb.js';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { encodeAccount } from '../encode.js';
import { unary } from '../route.js';

export const login = unary(SessionService.method.login, 'long', async ({ chat, addresses }, request) => {
  const { token, account, expireTime } = await chat.sessions.login(request);
  return {
    token,
    account: encodeAccount(account),
    expireTime: timestampFromMs(expireTime),
    servers: [...addresses.servers],
    webServers: [...addresses.webServers],
  };
});
