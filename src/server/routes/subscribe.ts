import { MessageService } from '../../api/holdfast/v1/message_pb.js';
import { authenticate } from '../authenticate.js';
import { decodeSeq } from '../decode.js';
import { encodeEvent } from '../encode.js';
import { stream } from '../route.js';

export const subscribe = stream(MessageService.method.subscribe, async function* (call, request) {
  const caller = await authenticate(call);
  const cursors = new Map(Object.entries(request.cursors).map(([id, seq]) => [id, decodeSeq(seq)]));
  const { resumeToken } = request;
  const { signal } = call;
  const end = call.limits.subscription(caller.sessionId);
  try {
    const events = call.chat.delivery.subscribe(caller, { cursors, resumeToken }, { signal });
    for await (const event of events) yield encodeEvent(event);
  } finally {
    end();
  }
});
