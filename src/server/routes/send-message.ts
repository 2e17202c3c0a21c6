import { MessageService } from '../../api/holdfast/v1/message_pb.js';
import { authenticate } from '../authenticate.js';
import { decodeOptionalSeq, decodeTarget } from '../decode.js';
import { encodeMessage } from '../encode.js';
import { unary } from '../route.js';

export const sendMessage = unary(MessageService.method.sendMessage, async (call, request) => {
  const caller = await authenticate(call);
  call.limits.send(caller.sessionId);
  const { text, clientMessageId } = request;
  const target = decodeTarget(request.target);
  const knownSeq = decodeOptionalSeq(request.knownSeq);
  const message = await call.chat.messages.send(caller, { target, text, clientMessageId, knownSeq });
  return { message: encodeMessage(message) };
});
