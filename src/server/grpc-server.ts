import { constants } from 'node:http2';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { toBinary } from '@bufbuild/protobuf';
import type { DescFile } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Server, ServerCredentials, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import type {
  MethodDefinition,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedHandleCall,
  sendUnaryData,
} from '@grpc/grpc-js';
import type { ServerSurfaceCall } from '@grpc/grpc-js/build/src/server-call.js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation, service as healthService } from 'grpc-health-check';
import { networkOf } from './client-address.js';
import type { CallLog } from './call-log.js';
import type { Certificates } from './certificates.js';
import { explainAnswers, toStatus } from './explained-grpc.js';
import { countRequests, holdOf } from './grpc-memory.js';
import { GrpcStream, streamOf } from './grpc-stream.js';
import { maxRequestBytes, parseBinary } from './parse-request.js';
import { Call } from './route.js';
import type { CallBase, Route, StreamRoute, UnaryRoute } from './route.js';
import { TcpPort } from './tcp-port.js';
import { createTlsServer } from './tls-server.js';

type Bytes = Buffer;

// What goes wrong is told by this program's own log.
setLogVerbosity(logVerbosity.NONE);

const identity = (bytes: Bytes): Bytes => bytes;
/** With memory of its own: grpc-js keeps a stream's request to the end, and with it what else is in the same 8 KiB. */
const copy = (bytes: Bytes): Bytes => {
  const own = Buffer.alloc(bytes.length);
  bytes.copy(own);
  return own;
};
/** Answers of the reflection service that wait for their reader, of one stream. */
const unreadAnswers = 64;

/** The API over gRPC, with health and reflection. */
export class GrpcServer {
  private readonly server = new Server({
    // What is over our own limit still gets our own answer.
    'grpc.max_receive_message_length': 4 * maxRequestBytes,
    // Of one connection; what is more waits at the client.
    'grpc.max_concurrent_streams': 1_000,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.enable_channelz': 0,
  });
  // Our own, as grpc-js can't end a connection that its client keeps open.
  private readonly port: TcpPort;
  private readonly health: HealthImplementation;
  private readonly services: readonly string[];
  private told = false;

  constructor(
    routes: readonly Route[],
    private readonly base: CallBase,
    private readonly log: CallLog,
    /** Undefined: plain text. */
    certificates?: Certificates,
  ) {
    explainAnswers(this.server);
    countRequests(this.server, base.limits.memory);
    const services = new Map(routes.map(({ method }) => [method.parent.typeName, method.parent]));
    for (const service of services.values()) {
      const definition: Record<string, MethodDefinition<Bytes, Bytes>> = {};
      const handlers: Record<string, UntypedHandleCall> = {};
      for (const route of routes) {
        if (route.method.parent !== service) continue;
        definition[route.method.name] = define(route);
        handlers[route.method.name] = route.kind === 'unary' ? this.unary(route) : this.stream(route);
      }
      this.server.addService(definition, handlers);
    }
    this.services = ['', ...services.keys()];
    this.health = new HealthImplementation(
      Object.fromEntries(this.services.map((name) => [name, 'NOT_SERVING' as const])),
    );
    this.health.addToServer(this.server);
    const files = [...services.values()].map(({ file }) => file).filter(isPublic);
    new ReflectionService(packageOf(files)).addToServer(readersOnly(this.server));
    const injector = this.server.createConnectionInjector(ServerCredentials.createInsecure());
    const take = (socket: Socket) => {
      if (!socket.destroyed) injector.injectConnection(socket);
    };
    this.port = new TcpPort(
      certificates ? createTlsServer(certificates, take) : createServer({ noDelay: true }, take),
      (address) => base.limits.connection(networkOf(address)),
    );
  }

  /** Returns the port. */
  async listen(address: string, port: number): Promise<number> {
    return this.port.listen(address, port);
  }

  /** What health checks are told. */
  set serving(serving: boolean) {
    if (serving === this.told) return;
    this.told = serving;
    for (const name of this.services) this.health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  }

  /** Takes no more calls; resolves when running ones are done, or after the grace, in milliseconds. */
  async close(grace: number): Promise<void> {
    this.serving = false;
    const closed = this.port.close(grace);
    // Tells every client to open no more streams, and ends its connection after the last one.
    this.server.tryShutdown(() => undefined);
    await closed;
  }

  private unary(route: UnaryRoute) {
    const { name, input, output } = route.method;
    return (call: ServerUnaryCall<Bytes, Bytes>, reply: sendUnaryData<Bytes>) => {
      const running = this.log.begin(name);
      const act = async () =>
        toBinary(output, await route.handle(this.call(call), parseBinary(input, call.request)));
      act().then(
        (bytes) => {
          running.succeed();
          holdOf(streamOf(call))?.add(bytes.length);
          reply(null, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
        },
        (error: unknown) => {
          reply(toStatus(running.fail(error, () => addressOf(call.getPeer()))));
        },
      );
    };
  }

  private stream(route: StreamRoute) {
    const { name, input } = route.method;
    return (call: ServerWritableStream<Bytes, Bytes>) => {
      const stream = new GrpcStream(route, call, this.log.begin(name), this.base.limits.slowReader);
      void stream.follow(async () => route.open(this.call(call), parseBinary(input, call.request)));
    };
  }

  private call(call: ServerSurfaceCall): Call {
    const [value] = call.metadata.get('authorization');
    return new Call(this.base, value?.toString(), undefined, () => addressOf(call.getPeer()));
  }
}

function define({ kind, method }: Route): MethodDefinition<Bytes, Bytes> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: false,
    responseStream: kind === 'stream',
    // Parsed by the handler, so that what can't be parsed gets an answer with a reason.
    requestSerialize: identity,
    requestDeserialize: kind === 'stream' ? copy : identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  };
}

/** Without the port, which also follows an address of IPv6 without brackets. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '');
}

/**
 * Takes the reflection service in a form that ends a stream whose caller asks on and does not read: the service answers all
 * that is asked, and one question of 20 bytes may have an answer of 20 KB.
 */
function readersOnly(server: Server): Pick<Server, 'addService'> {
  type Stream = ServerDuplexStream<unknown, unknown>;
  return {
    addService: (service, handlers) => {
      const ending = Object.entries(handlers).map(([name, handle]) => [
        name,
        (call: Stream) => {
          const write = call.write.bind(call);
          call.write = (answer: unknown) => {
            if (call.writableLength >= unreadAnswers)
              streamOf(call).close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
            return streamOf(call).closed || write(answer);
          };
          (handle as (call: Stream) => void)(call);
        },
      ]);
      server.addService(service, Object.fromEntries(ending) as typeof handlers);
    },
  };
}

function isPublic(file: DescFile): boolean {
  return !file.proto.package.startsWith('holdfast.internal');
}

/** The form in which the reflection service takes the files and all that they import; and the health checks' own. */
function packageOf(files: readonly DescFile[]): ConstructorParameters<typeof ReflectionService>[0] {
  const all = new Set<DescFile>();
  const add = (file: DescFile) => {
    if (all.has(file)) return;
    file.dependencies.forEach(add);
    all.add(file);
  };
  files.forEach(add);
  const own = [...all].map((file) => {
    // A file's descriptor has its name without the ending that others import it by.
    const proto = { ...file.proto, name: `${file.name}.proto` };
    return Buffer.from(toBinary(FileDescriptorProtoSchema, proto));
  });
  const health = Object.values(healthService).flatMap(({ requestType }) => requestType.fileDescriptorProtos);
  const fileDescriptorProtos = [...own, ...new Set(health)];
  return { holdfast: { format: 'Protocol Buffer 3 DescriptorProto', type: {}, fileDescriptorProtos } };
}
