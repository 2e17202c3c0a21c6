import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { Http2SessionManager, createGrpcTransport } from '@connectrpc/connect-node';
import { onTestFinished } from 'vitest';
import { ErrorInfoSchema } from '../../src/api/google/rpc/error_details_pb.js';
import { AccountService } from '../../src/api/holdfast/v1/account_pb.js';
import { ClusterService } from '../../src/api/holdfast/v1/cluster_pb.js';
import { ConversationService } from '../../src/api/holdfast/v1/conversation_pb.js';
import { MessageService } from '../../src/api/holdfast/v1/message_pb.js';
import { SessionService } from '../../src/api/holdfast/v1/session_pb.js';

export const password = 'correct horse';

/** Plain clients of one server, without failover or retries. `ca`: of a server with TLS. */
export function connect(address: string, ca?: Buffer) {
  const baseUrl = `${ca ? 'https' : 'http'}://${address}`;
  const sessionManager = new Http2SessionManager(baseUrl, {}, ca && { ca });
  onTestFinished(() => sessionManager.abort());
  const transport = createGrpcTransport({ baseUrl, sessionManager });
  return {
    accounts: createClient(AccountService, transport),
    sessions: createClient(SessionService, transport),
    conversations: createClient(ConversationService, transport),
    messages: createClient(MessageService, transport),
    cluster: createClient(ClusterService, transport),
  };
}

export type ApiClient = ReturnType<typeof connect>;

/** Call options of a new account. */
export async function join(client: ApiClient, username: string) {
  await client.accounts.createAccount({ username, password });
  return login(client, username);
}

export async function login(client: ApiClient, username: string) {
  const { token } = await client.sessions.login({ username, password, deviceName: 'test' });
  return withToken(token);
}

export function withToken(token: string) {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** Status and reason of a refused call. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'not refused';
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const [info] = error.findDetails(ErrorInfoSchema);
    return `${Code[error.code]} ${info?.reason ?? 'without a reason'}`;
  }
}
