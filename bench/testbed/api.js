// Calls of the API with as little work of the client's as there can be: bytes in, bytes out.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Metadata } from '@grpc/grpc-js';
import { CreateAccountRequestSchema } from '../../dist/api/holdfast/v1/account_pb.js';
import { SendMessageRequestSchema } from '../../dist/api/holdfast/v1/message_pb.js';
import { LoginRequestSchema, LoginResponseSchema } from '../../dist/api/holdfast/v1/session_pb.js';

/** Of a common length, as people write them to each other. */
export const text = 'a message of a common length, as people write them to each other';

const same = (bytes) => bytes;
const password = 'correct horse';
const idField = SendMessageRequestSchema.field.clientMessageId.number * 8 + 2;
let sent = 0;

/** `client`: of grpc-js. Resolves to the answer's bytes. */
export function call(client, path, bytes, metadata) {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, bytes, metadata, (error, reply) =>
      error ? reject(error) : resolve(reply),
    );
  });
}

/** Creates an account and logs in. Resolves to what its calls have to carry. */
export async function join(client, username) {
  const encode = (schema, fields) => Buffer.from(toBinary(schema, create(schema, fields)));
  const account = encode(CreateAccountRequestSchema, { username, password });
  await call(client, '/holdfast.v1.AccountService/CreateAccount', account, new Metadata());
  const login = encode(LoginRequestSchema, { username, password });
  const reply = await call(client, '/holdfast.v1.SessionService/Login', login, new Metadata());
  return withToken(fromBinary(LoginResponseSchema, reply).token);
}

/** What the calls of a session have to carry. */
export function withToken(token) {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/** Everything of a message but its id: encoded once, as the client's work is not what is measured. */
export function messageTo(username) {
  const target = { case: 'username', value: username };
  return toBinary(SendMessageRequestSchema, create(SendMessageRequestSchema, { target, text }));
}

/** Sends the message with an id of its own. Returns the id and what resolves with the answer. */
export function send(client, message, metadata) {
  sent += 1;
  const clientMessageId = `message-${sent}`;
  const id = Buffer.from(clientMessageId);
  const bytes = Buffer.concat([message, Buffer.from([idField, id.length]), id]);
  return {
    id: clientMessageId,
    answer: call(client, '/holdfast.v1.MessageService/SendMessage', bytes, metadata),
  };
}
