import { MessageService } from '../../api/holdfast/v1/message_pb.js';
import { authenticate } from '../authenticate.js';
import { decodeOptionalSeq, decodeTarget } from '../decode.js';
import { encodeMessage } from '../encode.js';
import { unary } from '../route.js';

export const listMessages = unary(MessageService.method.listMessages, 'read', async (call, request) => {
  const caller = await authenticate(call);
  const { pageSize, pageToken } = request;
  const { items, nextPageToken } = await call.chat.messages.list(caller, {
    target: decodeTarget(request.target),
    pageSize,
    pageToken,
    beforeSeq: decodeOptionalSeq(request.beforeSeq),
    afterSeq: decodeOptionalSeq(request.afterSeq),
  });
  return { messages: items.map(encodeMessage), nextPageToken };
});
