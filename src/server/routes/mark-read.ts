import { ConversationService } from '../../api/holdfast/v1/conversation_pb.js';
import { authenticate } from '../authenticate.js';
import { decodeSeq } from '../decode.js';
import { unary } from '../route.js';

export const markRead = unary(ConversationService.method.markRead, 'change', async (call, request) => {
  const caller = await authenticate(call);
  const { conversationId } = request;
  const seq = decodeSeq(request.seq);
  const readSeq = await call.chat.conversations.markRead(caller, { conversationId, seq });
  return { readSeq: BigInt(readSeq) };
});
