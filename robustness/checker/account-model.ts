import type { Model } from './linearizability.js';

/** Names are compared without regard to case. */
export const fold = (name: string) => name.toLowerCase();

/**
 * Who has a name. `id`: undefined while no answer has told it, as that of the call that created the account was lost.
 * `closing`: it is being deleted: nobody finds it any more, and the name is not free yet.
 */
export type Owner =
  | { readonly is: 'nobody' }
  | {
      readonly is: 'somebody' | 'closing';
      /** Of the call that created it. */
      readonly creation: string;
      readonly id: string | undefined;
      readonly password: string;
    };

/** One thing done to a name, with what was answered. `open`: the outcome is not known. */
export type NameOperation =
  | {
      readonly do: 'create';
      readonly call: string;
      readonly id: string | undefined;
      readonly password: string;
      readonly open: boolean;
    }
  | { readonly do: 'taken' }
  /** Found, by a look or by a login; `password`: undefined for a look. */
  | { readonly do: 'found'; readonly id: string; readonly password: string | undefined }
  | { readonly do: 'missing' }
  /** A password was refused; `id`: that of the account that it was tried on, undefined for a login. */
  | { readonly do: 'wrong'; readonly password: string; readonly id: string | undefined }
  | {
      readonly do: 'change';
      readonly id: string;
      readonly before: string;
      readonly after: string;
      readonly open: boolean;
    }
  /** The two steps of a deletion that others can tell apart. */
  | { readonly do: 'close'; readonly id: string; readonly password: string; readonly open: boolean }
  | { readonly do: 'free'; readonly id: string; readonly open: boolean };

const nobody: Owner = { is: 'nobody' };

/** One name as a register (G7): it belongs to one account at a time, and everybody sees the same one. */
export function nameModel(idsOfCreations: ReadonlyMap<string, string>): Model<Owner, NameOperation> {
  /** Whether the owner can be the account with this id: each was created by one call. */
  const same = (owner: Exclude<Owner, { is: 'nobody' }>, id: string) =>
    owner.id === undefined ? !idsOfCreations.has(id) : owner.id === id;
  return {
    initial: nobody,
    key: (owner) =>
      owner.is === 'nobody' ? '' : `${owner.is} ${owner.creation} ${owner.id ?? '?'} ${owner.password}`,
    step(owner, operation) {
      switch (operation.do) {
        case 'create': {
          const { call, id, password } = operation;
          if (owner.is === 'nobody') return { is: 'somebody', creation: call, id, password };
          return operation.open ? owner : undefined;
        }
        case 'taken':
          return owner.is === 'nobody' ? undefined : owner;
        case 'found': {
          const { id, password } = operation;
          if (owner.is !== 'somebody' || !same(owner, id)) return undefined;
          return password === undefined || password === owner.password ? { ...owner, id } : undefined;
        }
        case 'missing':
          return owner.is === 'somebody' ? undefined : owner;
        case 'wrong': {
          const { id, password } = operation;
          if (owner.is !== 'somebody' || owner.password !== password) return owner;
          return id === undefined || same(owner, id) ? undefined : owner;
        }
        case 'change': {
          const { id, before, after, open } = operation;
          if (owner.is === 'somebody' && same(owner, id) && owner.password === before)
            return { ...owner, id, password: after };
          return open ? owner : undefined;
        }
        // Who asks for it while another's request is carried out is told that it is done, too.
        case 'close': {
          const { id, password, open } = operation;
          if (owner.is !== 'somebody' || !same(owner, id)) return owner;
          if (owner.password === password) return { ...owner, id, is: 'closing' };
          return open ? owner : undefined;
        }
        case 'free': {
          const { id, open } = operation;
          if (owner.is === 'closing' && owner.id === id) return nobody;
          // Not before it is closed.
          return owner.is === 'somebody' && same(owner, id) && !open ? undefined : owner;
        }
      }
    },
  };
}
