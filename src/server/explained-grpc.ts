import type { Server, StatusObject } from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import type { PartialStatusObject } from '@grpc/grpc-js/build/src/call-interface.js';
import { BaseServerInterceptingCall } from '@grpc/grpc-js/build/src/server-interceptors.js';
import { ChatError } from '../chat/chat-error.js';
import type { Reason } from '../chat/chat-error.js';
import { Refusal } from './refusal.js';

const detailsKey = 'grpc-status-details-bin';

// What grpc-js says by itself of a call that has a handler: never of its own failure, always of what was sent.
const reasons: Partial<Record<number, Reason>> = {
  [status.INTERNAL]: 'REQUEST_MALFORMED',
  [status.RESOURCE_EXHAUSTED]: 'REQUEST_TOO_LARGE',
  // No message, half of one, or two.
  [status.UNIMPLEMENTED]: 'REQUEST_MALFORMED',
};
// Only its text tells it from the last one above.
const compressionUnknown = 'Received message compressed with unsupported encoding';

/** A status with its reason, as every method of ours gives it. */
export function toStatus(refusal: Refusal): StatusObject {
  const metadata = new Metadata();
  metadata.set(detailsKey, refusal.statusBytes());
  return { code: refusal.code as unknown as status, details: refusal.error.message, metadata };
}

function explain(answer: PartialStatusObject): PartialStatusObject {
  const unknown = answer.details.startsWith(compressionUnknown);
  const reason = unknown ? 'REQUEST_COMPRESSION_UNKNOWN' : reasons[answer.code];
  if (reason === undefined || answer.metadata?.get(detailsKey).length) return answer;
  return toStatus(new Refusal(new ChatError(reason)));
}

type SendStatus = (this: BaseServerInterceptingCall, status: PartialStatusObject) => void;
type Answering = { _respondWithError: (error: PartialStatusObject, ...rest: unknown[]) => void };
const explained = Symbol('explained');

/**
 * Gives a reason (guarantee G10) to what grpc-js answers before any handler or interceptor is asked: requests
 * that are too large or can't be decompressed, methods that don't exist. It has no public place for that, so
 * this takes private ones; the version is pinned, and a test looks at every such answer.
 */
export function explainAnswers(server: Server): void {
  const prototype = BaseServerInterceptingCall.prototype as {
    sendStatus: SendStatus & { [explained]?: true };
  };
  const { sendStatus } = prototype;
  if (!sendStatus[explained]) {
    prototype.sendStatus = Object.assign(
      function (this: BaseServerInterceptingCall, answer: PartialStatusObject) {
        sendStatus.call(this, explain(answer));
      },
      { [explained]: true as const },
    );
  }
  const answering = server as unknown as Answering;
  const respond = answering._respondWithError.bind(server);
  answering._respondWithError = (error, ...rest) => {
    const unknown = error.code === status.UNIMPLEMENTED;
    respond(unknown ? toStatus(new Refusal(new ChatError('METHOD_UNKNOWN'))) : error, ...rest);
  };
}
