import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type {
  EventRecord,
  FaultRecord,
  HistoryRecord,
  NoteRecord,
  OperationName,
  Outcome,
  Request,
  Result,
} from './record.js';

/** A call with its end. Without one, it is open: its outcome is unknown and its end is Infinity. */
export type Call<O extends OperationName = OperationName> = {
  readonly id: string;
  readonly client: string;
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly request: Extract<Request, { op: O }>;
  readonly result: Result;
};

/** Everything that was done and seen in a run, as its clients saw it. */
export class History {
  readonly calls: readonly Call[];
  readonly events: readonly EventRecord[];
  readonly faults: readonly FaultRecord[];
  readonly notes: readonly NoteRecord[];

  /** In any order: the times tell. */
  constructor(records: Iterable<HistoryRecord>) {
    const calls = new Map<string, Call>();
    const events: EventRecord[] = [];
    const faults: FaultRecord[] = [];
    const notes: NoteRecord[] = [];
    const returns: Extract<HistoryRecord, { type: 'return' }>[] = [];
    for (const record of records) {
      if (record.type === 'call') {
        const { id, client, node, at: start, call: request } = record;
        const open = { end: Infinity, outcome: 'unknown' as const, reason: '', result: {} };
        calls.set(id, { id, client, node, start, request, ...open });
      } else if (record.type === 'return') returns.push(record);
      else if (record.type === 'event') events.push(record);
      else if (record.type === 'fault') faults.push(record);
      else notes.push(record);
    }
    for (const { id, at, outcome, reason = '', result = {} } of returns) {
      const call = calls.get(id);
      if (!call) throw new Error(`the history has the end of ${id} without its start`);
      calls.set(id, { ...call, end: at, outcome, reason, result });
    }
    this.calls = [...calls.values()].sort((a, b) => a.start - b.start);
    this.events = events.sort((a, b) => a.at - b.at);
    this.faults = faults.sort((a, b) => a.at - b.at);
    this.notes = notes.sort((a, b) => a.at - b.at);
  }

  of<O extends OperationName>(op: O): Call<O>[] {
    return this.calls.filter((call) => call.request.op === op) as unknown as Call<O>[];
  }

  /** Undefined when nothing of the kind was noted. */
  noted(note: string): number | undefined {
    return this.notes.find((one) => one.note === note)?.at;
  }
}

export async function readHistory(paths: readonly string[]): Promise<History> {
  const records: HistoryRecord[] = [];
  for (const path of paths) {
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
    for await (const line of lines) {
      // A process that was killed may have written half of its last line.
      if (line.endsWith('}')) records.push(JSON.parse(line) as HistoryRecord);
    }
  }
  return new History(records);
}
