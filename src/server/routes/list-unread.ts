import { MessageService } from '../../api/holdfast/v1/message_pb.js';
import { authenticate } from '../authenticate.js';
import { encodeMessage } from '../encode.js';
import { unary } from '../route.js';

export const listUnread = unary(MessageService.method.listUnread, 'long', async (call, request) => {
  const caller = await authenticate(call);
  const list = async () => call.chat.messages.listUnread(caller, request);
  const { items, nextPageToken } = await call.limits.list(caller.accountId, list);
  return { messages: items.map(encodeMessage), nextPageToken };
});
