import type { Logger } from 'pino';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { ChatError } from '../chat/chat-error.js';
import { Refusal } from './refusal.js';

/** Milliseconds between warnings that the store fails calls. */
const warnInterval = 60_000;

/**
 * Refusals that alerts watch (ops/alerts.yaml). They are told from the start, as 0: what grows from nothing to 1 between two
 * readings has not grown for Prometheus, and the first flaw of a program would alert nobody.
 */
const watchedReasons = [
  'INTERNAL',
  'LOGIN_DELAYED',
  'LOGINS_TOO_MANY',
  'CALLS_TOO_MANY',
  'SENDS_TOO_MANY',
  'SEARCHES_TOO_MANY',
  'STREAMS_TOO_MANY',
  'SUBSCRIPTIONS_TOO_MANY',
  'ACCOUNTS_TOO_MANY',
  'SEND_QUEUE_FULL',
  'PASSWORD_QUEUE_FULL',
  'SUBSCRIBER_SLOW',
];

/** A call under way. Exactly one of its methods is to be called, at its end. */
export class RunningCall {
  private readonly started = performance.now();

  constructor(
    private readonly log: CallLog,
    private readonly method: string,
  ) {}

  succeed(): void {
    this.log.end(this.method, 'OK', this.started);
  }

  /** Returns what the caller is told of the error. `address`: where the call came from. */
  fail(error: unknown, address?: () => string | undefined): Refusal {
    const refusal = Refusal.from(error);
    this.log.tell(error, refusal, { method: this.method, address });
    this.log.end(this.method, refusal.error.code, this.started);
    return refusal;
  }
}

/** Counts and times calls, and logs them without what they carry. */
export class CallLog {
  readonly registry = new Registry();
  private readonly calls = new Counter({
    name: 'holdfast_calls_total',
    help: 'Calls that have ended, by method and status',
    labelNames: ['method', 'status'] as const,
    registers: [this.registry],
  });
  private readonly seconds = new Histogram({
    name: 'holdfast_call_seconds',
    help: 'Duration of calls by method',
    labelNames: ['method'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  });
  private readonly running = new Gauge({
    name: 'holdfast_calls_running',
    help: 'Calls under way by method; Subscribe: open streams',
    labelNames: ['method'] as const,
    registers: [this.registry],
  });

  private readonly refusals = new Counter({
    name: 'holdfast_refusals_total',
    help: 'Calls that were refused, by reason (docs/errors.md)',
    labelNames: ['reason'] as const,
    registers: [this.registry],
  });

  /** When the last warning was, as `performance.now` has it. */
  private warned = -Infinity;

  constructor(private readonly logger: Logger) {
    collectDefaultMetrics({ register: this.registry });
    for (const reason of watchedReasons) this.refusals.inc({ reason }, 0);
  }

  begin(method: string): RunningCall {
    this.running.inc({ method });
    return new RunningCall(this, method);
  }

  /** Of a call that began then, as `performance.now` has it. */
  end(method: string, status: string, started: number): void {
    const seconds = (performance.now() - started) / 1_000;
    this.running.dec({ method });
    this.calls.inc({ method, status });
    if (method !== 'Subscribe') this.seconds.observe({ method }, seconds);
    if (this.logger.isLevelEnabled('debug')) this.logger.debug({ method, status, seconds }, 'call');
  }

  /** A store that can't be reached or is full fails every call: that is told once in a while, not each time. */
  tell(
    error: unknown,
    { error: { reason } }: Refusal,
    {
      method,
      address,
    }: { readonly method: string; readonly address?: (() => string | undefined) | undefined },
  ): void {
    this.refusals.inc({ reason });
    if (error instanceof ChatError) {
      // For who looks for the network that passwords are guessed from.
      if (this.logger.isLevelEnabled('debug'))
        this.logger.debug({ method, reason, address: address?.() }, 'a call was refused');
      return;
    }
    if (reason === 'INTERNAL') {
      this.logger.error({ err: error, method }, 'a call failed');
      return;
    }
    const now = performance.now();
    const due = now - this.warned >= warnInterval;
    if (due) this.warned = now;
    this.logger[due ? 'warn' : 'debug']({ err: error, method, reason }, 'calls are refused');
  }
}
