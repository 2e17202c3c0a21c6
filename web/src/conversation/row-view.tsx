import type { OutboxEntry } from '../../../src/client/outbox-item.js';
import type { Message } from '../../../src/client/types.js';
import { DayRow } from './day-row.js';
import { MessageRow } from './message-row.js';
import { NewRow } from './new-row.js';
import { PendingRow } from './pending-row.js';
import type { Row } from './rows.js';

export type RowActions = {
  /** Selects or unselects a message, beside those that are selected. */
  readonly select: (seq: number, from?: ReadonlySet<number>) => void;
  readonly remove: (message: Message, forEveryone: boolean) => void;
  readonly edit: (entry: OutboxEntry) => void;
};

type RowViewProps = {
  readonly row: Row;
  readonly accountId: string;
  readonly selected: ReadonlySet<number> | undefined;
  /** Where the focus enters the list. */
  readonly focusable: boolean;
  readonly actions: RowActions;
};

/** Any row of a conversation. */
export function RowView({ row, accountId, selected, focusable, actions }: RowViewProps) {
  switch (row.kind) {
    case 'day':
      return <DayRow time={row.time} />;
    case 'new':
      return <NewRow />;
    case 'pending':
      return (
        <PendingRow
          entry={row.entry}
          first={row.place.first}
          last={row.place.last}
          focusable={focusable}
          actions={actions}
        />
      );
    case 'message':
      return (
        <MessageRow
          message={row.message}
          own={row.message.senderId === accountId}
          first={row.place.first}
          last={row.place.last}
          selected={selected?.has(row.message.seq)}
          selection={selected}
          focusable={focusable}
          actions={actions}
        />
      );
  }
}
