import { MessageService } from '../../api/holdfast/v1/message_pb.js';
import { authenticate } from '../authenticate.js';
import { decodeSeq } from '../decode.js';
import { encodeEvent } from '../encode.js';
import { stream } from '../route.js';

export const subscribe = stream(
  MessageService.method.subscribe,
  async (call, request) => {
    const caller = await authenticate(call);
    const cursors = new Map(Object.entries(request.cursors).map(([id, seq]) => [id, decodeSeq(seq)]));
    const { resumeToken } = request;
    const onEnd = call.limits.subscription(caller.sessionId);
    const { signal } = call;
    return { items: call.chat.delivery.subscribe(caller, { cursors, resumeToken }, { signal }), onEnd };
  },
  encodeEvent,
);
