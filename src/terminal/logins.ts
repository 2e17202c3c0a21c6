import type { ChatClient } from '../client/chat-client.js';
import type { SavedSession, SessionIdentity } from '../client/types.js';

/** Who is logged in on this machine, as the command line keeps it. Methods throw StateError. */
export interface Logins {
  /** Where everything of a user is kept. */
  readonly stateFolder: string;
  /** Whom the program was asked to act as. */
  readonly wanted: string | undefined;
  /** What a session is called where sessions are listed. */
  readonly deviceName: string;
  /** The wanted user's session, or the one that was used last. */
  find(): Promise<SavedSession | undefined>;
  /** A client that is logged in as nobody; of these servers, unless others were named. */
  anonymous(known?: readonly string[]): ChatClient;
  /** A client for that session, which knows its servers and keeps those that it learns of. */
  clientOf(saved: SavedSession): Promise<ChatClient>;
  remember(saved: SavedSession): Promise<void>;
  forget(saved: SessionIdentity): Promise<void>;
  /** Everything of an account that is gone, with what was not sent. */
  forgetAccount(saved: SessionIdentity): Promise<void>;
}
