import { ConversationService } from '../../api/holdfast/v1/conversation_pb.js';
import { authenticate } from '../authenticate.js';
import { encodeConversation } from '../encode.js';
import { unary } from '../route.js';

export const listConversations = unary(
  ConversationService.method.listConversations,
  'long',
  async (call, request) => {
    const caller = await authenticate(call);
    const list = async () => call.chat.conversations.list(caller, request);
    const { items, nextPageToken } = await call.limits.list(caller.accountId, list);
    return { conversations: items.map(encodeConversation), nextPageToken };
  },
);
