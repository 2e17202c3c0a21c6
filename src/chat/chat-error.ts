/** The gRPC status codes that a refusal can have, by name. */
export type StatusCode =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'UNAUTHENTICATED'
  | 'FAILED_PRECONDITION'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL';

/**
 * Every reason for a refusal (guarantee G10), with its status and the sentence that says what to do. The
 * names are part of the API: programs compare them, so a name never changes its meaning. docs/errors.md
 * lists them; a test keeps it in step.
 */
export const reasons = {
  USERNAME_MISSING: ['INVALID_ARGUMENT', 'Give a username.'],
  USERNAME_TOO_LONG: ['INVALID_ARGUMENT', 'A username has at most 32 characters: choose a shorter one.'],
  USERNAME_INVALID: [
    'INVALID_ARGUMENT',
    "A username consists of letters a to z, digits, '.', '_' and '-': leave out everything else.",
  ],
  PASSWORD_MISSING: ['INVALID_ARGUMENT', 'Give a password.'],
  PASSWORD_TOO_SHORT: ['INVALID_ARGUMENT', 'A password has at least 8 bytes: choose a longer one.'],
  PASSWORD_TOO_LONG: ['INVALID_ARGUMENT', 'A password has at most 1,024 bytes: choose a shorter one.'],
  DEVICE_NAME_TOO_LONG: [
    'INVALID_ARGUMENT',
    'A device name has at most 64 characters: choose a shorter one.',
  ],
  SESSION_ID_MISSING: ['INVALID_ARGUMENT', 'Give the id of a session, as ListSessions returns it.'],
  SESSION_ID_INVALID: ['INVALID_ARGUMENT', 'This is not a session id: take one that ListSessions returns.'],
  PATTERN_TOO_LONG: ['INVALID_ARGUMENT', 'A pattern has at most 128 characters: use a shorter one.'],
  PAGE_SIZE_NEGATIVE: ['INVALID_ARGUMENT', 'A page size is 0, for the default, or more.'],
  PAGE_TOKEN_INVALID: [
    'INVALID_ARGUMENT',
    'This page token was not made by this service: leave it out to start at the first page.',
  ],
  PAGE_TOKEN_MISMATCH: [
    'INVALID_ARGUMENT',
    'This page token belongs to another query: use the arguments that it was returned for.',
  ],
  TARGET_MISSING: ['INVALID_ARGUMENT', 'Give a username or a conversation id.'],
  CONVERSATION_ID_MISSING: ['INVALID_ARGUMENT', 'Give a conversation id, as ListConversations returns it.'],
  TEXT_MISSING: ['INVALID_ARGUMENT', 'Give a text of at least 1 byte.'],
  TEXT_TOO_LONG: ['INVALID_ARGUMENT', 'A text has at most 16 KiB of UTF-8: send it in parts.'],
  TEXT_INVALID: ['INVALID_ARGUMENT', 'The text is not valid Unicode: it has half of a surrogate pair.'],
  CLIENT_MESSAGE_ID_MISSING: [
    'INVALID_ARGUMENT',
    'Give a client_message_id, new for each message and the same when it is sent again.',
  ],
  CLIENT_MESSAGE_ID_TOO_LONG: ['INVALID_ARGUMENT', 'A client_message_id has at most 64 characters.'],
  CLIENT_MESSAGE_ID_INVALID: ['INVALID_ARGUMENT', 'A client_message_id has only visible ASCII characters.'],
  CLIENT_MESSAGE_ID_REUSED: [
    'ALREADY_EXISTS',
    'This client_message_id was used for another text in this conversation: use a new one.',
  ],
  KNOWN_SEQ_NOT_FOUND: [
    'INVALID_ARGUMENT',
    'known_seq is past the last message of the conversation: give one that a server has returned.',
  ],
  SEQ_RANGE_AMBIGUOUS: ['INVALID_ARGUMENT', 'Give at most one of before_seq and after_seq.'],
  SEQS_MISSING: ['INVALID_ARGUMENT', 'Give the sequence number of at least one message.'],
  SEQS_TOO_MANY: [
    'INVALID_ARGUMENT',
    'Give at most 100 sequence numbers: delete the rest with further calls.',
  ],
  CURSORS_TOO_MANY: ['INVALID_ARGUMENT', 'Give at most 10,000 cursors, or a resume token instead.'],
  CURSORS_AMBIGUOUS: ['INVALID_ARGUMENT', 'Give cursors or a resume token, not both.'],
  RESUME_TOKEN_INVALID: [
    'INVALID_ARGUMENT',
    'This resume token was not made by this service: subscribe with cursors instead.',
  ],
  RESUME_TOKEN_MISMATCH: [
    'INVALID_ARGUMENT',
    'This resume token belongs to another account: subscribe with cursors instead.',
  ],
  REQUEST_MALFORMED: [
    'INVALID_ARGUMENT',
    'The request is not a valid message of this method: encode it as the API definition says.',
  ],
  REQUEST_TEXT_MALFORMED: ['INVALID_ARGUMENT', 'The request holds text that is not valid UTF-8.'],
  REQUEST_TOO_LARGE: ['RESOURCE_EXHAUSTED', 'The request is larger than 1 MiB: send less at once.'],
  REQUEST_COMPRESSION_UNKNOWN: [
    'UNIMPLEMENTED',
    'The request is compressed in a way this server does not know: send it with gzip, deflate or as it is.',
  ],
  METHOD_UNKNOWN: ['UNIMPLEMENTED', 'This server has no such method.'],
  ACCOUNT_NOT_FOUND: ['NOT_FOUND', 'There is no account with this username: check the spelling.'],
  CONVERSATION_NOT_FOUND: [
    'NOT_FOUND',
    'You are in no conversation with this id: take one that ListConversations returns.',
  ],
  MESSAGE_NOT_FOUND: [
    'NOT_FOUND',
    'The conversation has no message with this sequence number that you could see.',
  ],
  USERNAME_TAKEN: ['ALREADY_EXISTS', 'This username is taken: choose another one.'],
  NOT_THE_SENDER: ['PERMISSION_DENIED', 'Only its sender can delete a message for everyone.'],
  PASSWORD_WRONG: ['PERMISSION_DENIED', 'The password is wrong: nothing was changed.'],
  CREDENTIALS_WRONG: ['UNAUTHENTICATED', 'The username or the password is wrong.'],
  TOKEN_MISSING: ['UNAUTHENTICATED', 'Log in and send the token as `authorization: Bearer TOKEN`.'],
  TOKEN_MALFORMED: ['UNAUTHENTICATED', 'This is not a token of this service: log in to get one.'],
  SESSION_ENDED: ['UNAUTHENTICATED', 'This session has ended: log in again.'],
  SESSION_EXPIRED: ['UNAUTHENTICATED', 'This session has expired: log in again.'],
  CONVERSATION_CLOSED: [
    'FAILED_PRECONDITION',
    'An account of this conversation was deleted: it takes no more messages.',
  ],
  LOGIN_DELAYED: [
    'RESOURCE_EXHAUSTED',
    'Too many wrong passwords for this account: wait, each wrong one makes it longer.',
  ],
  LOGINS_TOO_MANY: [
    'RESOURCE_EXHAUSTED',
    'Too many failed logins from this network: wait before the next one.',
  ],
  ACCOUNTS_TOO_MANY: [
    'RESOURCE_EXHAUSTED',
    'Too many accounts were created from this network: wait before the next one.',
  ],
  CALLS_TOO_MANY: ['RESOURCE_EXHAUSTED', 'This session makes too many calls: make them more slowly.'],
  SENDS_TOO_MANY: ['RESOURCE_EXHAUSTED', 'This session sends too many messages: send them more slowly.'],
  SEARCHES_TOO_MANY: ['RESOURCE_EXHAUSTED', 'Too many searches are under way: try again shortly.'],
  PASSWORD_QUEUE_FULL: ['RESOURCE_EXHAUSTED', 'Too many passwords are being checked: try again shortly.'],
  SEND_QUEUE_FULL: ['RESOURCE_EXHAUSTED', 'Too many messages wait in this conversation: try again shortly.'],
  STREAMS_TOO_MANY: [
    'RESOURCE_EXHAUSTED',
    'This account or session has too many open subscriptions: close one.',
  ],
  SUBSCRIPTIONS_TOO_MANY: [
    'RESOURCE_EXHAUSTED',
    'This server has too many open subscriptions: try again, or another server.',
  ],
  SUBSCRIBER_SLOW: [
    'RESOURCE_EXHAUSTED',
    'The events of this subscription were not read: subscribe again with the last resume token.',
  ],
  STORE_FULL: [
    'RESOURCE_EXHAUSTED',
    'The server has no room for more: reading and deleting still work; ask its operator for space.',
  ],
  STORE_UNAVAILABLE: ['UNAVAILABLE', 'The server can not reach its store now: try again, or another server.'],
  OUTCOME_UNKNOWN: [
    'UNAVAILABLE',
    'Whether this was done is not known: look, or send it again with the same client_message_id.',
  ],
  IMPORT_UNFINISHED: [
    'UNAVAILABLE',
    'Data is being imported into this server: try again when its operator has finished that.',
  ],
  CONTENDED: ['UNAVAILABLE', 'Others kept changing the same data: try again.'],
  SHUTTING_DOWN: ['UNAVAILABLE', 'The server is stopping: connect again, or to another server.'],
  INTERNAL: ['INTERNAL', 'The server failed; its log has the details.'],
} as const satisfies Record<string, readonly [StatusCode, string]>;

export type Reason = keyof typeof reasons;

/** A refusal: the only kind of error that `src/chat` throws on purpose. */
export class ChatError extends Error {
  override readonly name = 'ChatError';
  readonly code: StatusCode;
  /** Milliseconds after which trying again makes sense; undefined: no advice. */
  readonly retryDelay: number | undefined;

  constructor(
    readonly reason: Reason,
    options: { cause?: unknown; retryDelay?: number } = {},
  ) {
    const [code, sentence] = reasons[reason];
    super(sentence, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.retryDelay = options.retryDelay;
  }
}
