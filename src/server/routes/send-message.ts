import { MessageService } from '../../api/holdfast/v1/message_pb.js';
import { authenticate } from '../authenticate.js';
import { decodeOptionalSeq, decodeTarget } from '../decode.js';
import { encodeMessage } from '../encode.js';
import { unary } from '../route.js';

export const sendMessage = unary(MessageService.method.sendMessage, 'change', async (call, request) => {
  const { time, authorization = '', chat } = call;
  const place = chat.messages.place(authorization);
  try {
    const caller = await authenticate(call);
    const { text, clientMessageId } = request;
    call.limits.send(caller, Buffer.byteLength(text));
    const target = decodeTarget(request.target);
    const knownSeq = decodeOptionalSeq(request.knownSeq);
    const send = { target, text, clientMessageId, knownSeq, limit: time, place };
    return { message: encodeMessage(await chat.messages.send(caller, send)) };
  } finally {
    place.leave();
  }
});
