import { MessageService } from '../../api/holdfast/v1/message_pb.js';
import { authenticate } from '../authenticate.js';
import { decodeOptionalSeq, decodeTarget } from '../decode.js';
import { encodeMessage } from '../encode.js';
import { unary } from '../route.js';

export const sendMessage = unary(MessageService.method.sendMessage, 'change', async (call, request) => {
  const caller = await authenticate(call);
  const { text, clientMessageId } = request;
  const target = decodeTarget(request.target);
  const knownSeq = decodeOptionalSeq(request.knownSeq);
  const { limit } = call;
  const message = await call.chat.messages.send(caller, { target, text, clientMessageId, knownSeq, limit });
  return { message: encodeMessage(message) };
});
