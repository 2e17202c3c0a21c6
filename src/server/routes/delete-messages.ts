import { MessageService } from '../../api/holdfast/v1/message_pb.js';
import { authenticate } from '../authenticate.js';
import { decodeSeq } from '../decode.js';
import { unary } from '../route.js';

export const deleteMessages = unary(MessageService.method.deleteMessages, 'change', async (call, request) => {
  const caller = await authenticate(call);
  const { conversationId, forEveryone } = request;
  const seqs = request.seqs.map(decodeSeq);
  await call.chat.messages.delete(caller, { conversationId, seqs, forEveryone });
  return {};
});
