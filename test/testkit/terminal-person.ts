import type { ChatClient } from '../../src/client/chat-client.js';
import type { Message, SavedSession } from '../../src/client/types.js';
import { SessionFile } from '../../src/client-node/session-file.js';
import { clientOf, password } from './chat-user.js';
import { temporaryFolder } from './temporary-folder.js';
import { TerminalScreen } from './terminal-screen.js';
import type { TerminalOptions } from './terminal-screen.js';

let messages = 0;

/** Somebody with an account, who is logged in on a machine of their own. */
export class TerminalPerson {
  private constructor(
    readonly saved: SavedSession,
    /** For what they do elsewhere. */
    readonly client: ChatClient,
    readonly home: string,
  ) {}

  static async join(servers: readonly string[], username: string): Promise<TerminalPerson> {
    const anonymous = clientOf(servers);
    const { saved } = await anonymous.signUp({ username, password, deviceName: 'test' });
    const home = await temporaryFolder();
    await new SessionFile(home, home).save({ ...saved, servers });
    return new TerminalPerson(saved, anonymous.as(saved.token), home);
  }

  /** The full-screen client, as this person. */
  chat(options: Partial<TerminalOptions> = {}): TerminalScreen {
    const env = { PATH: process.env.PATH, HOLDFAST_HOME: this.home, ...options.env };
    return TerminalScreen.open(['chat'], { ...options, env });
  }

  /** Sends from elsewhere. */
  async say(username: string, text: string): Promise<Message> {
    messages += 1;
    return this.client.sendMessage({ target: { username }, text, clientMessageId: `said-${messages}` });
  }
}
