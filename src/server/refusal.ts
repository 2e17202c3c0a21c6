import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema, RetryInfoSchema } from '../api/google/rpc/error_details_pb.js';
import type { ErrorInfo, RetryInfo } from '../api/google/rpc/error_details_pb.js';
import { StatusSchema } from '../api/google/rpc/status_pb.js';
import { ChatError } from '../chat/chat-error.js';
import type { Reason, StatusCode } from '../chat/chat-error.js';
import { StoreError } from '../kv/store-error.js';
import type { StoreErrorCode } from '../kv/store-error.js';

export const domain = 'holdfast';

// gRPC's numbers; Connect uses the same ones.
const numbers: Record<StatusCode, Code> = {
  INVALID_ARGUMENT: Code.InvalidArgument,
  NOT_FOUND: Code.NotFound,
  ALREADY_EXISTS: Code.AlreadyExists,
  PERMISSION_DENIED: Code.PermissionDenied,
  UNAUTHENTICATED: Code.Unauthenticated,
  FAILED_PRECONDITION: Code.FailedPrecondition,
  RESOURCE_EXHAUSTED: Code.ResourceExhausted,
  UNAVAILABLE: Code.Unavailable,
  UNIMPLEMENTED: Code.Unimplemented,
  INTERNAL: Code.Internal,
};

const storeReasons: Partial<Record<StoreErrorCode, Reason>> = {
  UNAVAILABLE: 'STORE_UNAVAILABLE',
  UNKNOWN_OUTCOME: 'OUTCOME_UNKNOWN',
  OUT_OF_SPACE: 'STORE_FULL',
  CLOSED: 'SHUTTING_DOWN',
};

/** What a caller is told about an error (guarantee G10), in either protocol. */
export class Refusal {
  constructor(readonly error: ChatError) {}

  /** Of any error: one that nobody expects is INTERNAL. */
  static from(error: unknown): Refusal {
    if (error instanceof ChatError) return new Refusal(error);
    const reason = error instanceof StoreError ? storeReasons[error.code] : undefined;
    return new Refusal(new ChatError(reason ?? 'INTERNAL', { cause: error }));
  }

  get code(): Code {
    return numbers[this.error.code];
  }

  get info(): ErrorInfo {
    return create(ErrorInfoSchema, { reason: this.error.reason, domain });
  }

  get retry(): RetryInfo | undefined {
    const { retryDelay } = this.error;
    if (retryDelay === undefined) return undefined;
    const nanos = (retryDelay % 1_000) * 1_000_000;
    return create(RetryInfoSchema, {
      retryDelay: { seconds: BigInt(Math.floor(retryDelay / 1_000)), nanos },
    });
  }

  /** The refusal as Connect's handlers throw it. */
  toConnectError(): ConnectError {
    const { retry } = this;
    const details = [
      { desc: ErrorInfoSchema, value: this.info },
      ...(retry ? [{ desc: RetryInfoSchema, value: retry }] : []),
    ];
    return new ConnectError(this.error.message, this.code, undefined, details, this.error);
  }

  /** google.rpc.Status, for the trailer `grpc-status-details-bin`. */
  statusBytes(): Buffer {
    const { retry } = this;
    const details = [
      anyPack(ErrorInfoSchema, this.info),
      ...(retry ? [anyPack(RetryInfoSchema, retry)] : []),
    ];
    const status = create(StatusSchema, { code: this.code, message: this.error.message, details });
    return Buffer.from(toBinary(StatusSchema, status));
  }
}
