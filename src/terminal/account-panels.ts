import type { ChatSession } from '../client/chat-session.js';
import { printable } from '../client/printable.js';
import { ChoicePanel } from './choice-panel.js';
import { ClusterPanel } from './cluster-panel.js';
import { FormPanel } from './form-panel.js';
import type { Logins } from './logins.js';
import type { Panel, PanelHost } from './panel.js';
import type { Look } from './row.js';
import { SessionsPanel } from './sessions-panel.js';

type Host = PanelHost & { readonly show: (panel: Panel) => void };

/** The panels about oneself and the servers. */
export class AccountPanels {
  constructor(
    private readonly host: Host,
    private readonly parts: {
      readonly session: ChatSession;
      readonly logins: Logins;
      readonly say: (text: string, tone?: Look['tone']) => void;
      readonly quit: () => void;
      /** Does what ends the login; then this desk is over. Throws what the action throws. */
      readonly leave: (action: () => Promise<void>) => Promise<void>;
    },
  ) {}

  showMenu(): void {
    this.host.show(
      new ChoicePanel(this.host, 'Menu', '', [
        { key: 'a', label: 'account', run: () => this.showAccount() },
        { key: 's', label: 'sessions', run: () => this.showSessions() },
        { key: 'c', label: 'cluster', run: () => this.showCluster() },
        { key: 'o', label: 'log out', run: () => this.logOut() },
        { key: 'q', label: 'leave', run: () => this.parts.quit() },
      ]),
    );
  }

  showAccount(): void {
    const { username } = this.parts.session.saved;
    this.host.show(
      new ChoicePanel(this.host, 'Account', `You are ${printable(username)}.`, [
        { key: 'p', label: 'change the password', run: () => this.showPassword() },
        { key: 'o', label: 'log out', run: () => this.logOut() },
        { key: 'd', label: 'delete the account', run: () => this.showDeletion() },
      ]),
    );
  }

  showSessions(): void {
    const { client } = this.parts.session;
    this.host.show(new SessionsPanel(this.host, { client, logOut: () => this.logOut() }));
  }

  showCluster(): void {
    this.host.show(new ClusterPanel(this.host, this.parts.session.client));
  }

  private showPassword(): void {
    const { session, say } = this.parts;
    this.host.show(
      new FormPanel(this.host, {
        title: 'Change the password',
        text: 'Every other session of yours ends.',
        fields: [
          { label: 'Old password', secret: true },
          { label: 'New password', secret: true },
          { label: 'Once more', secret: true },
        ],
        doing: 'Changing it …',
        submit: async ([oldPassword = '', newPassword = '', again]) => {
          if (newPassword !== again) throw new Error('The two new passwords differ: nothing was done.');
          await session.client.changePassword({ oldPassword, newPassword });
          this.host.close();
          say('Your password is changed; every other session has ended.');
        },
      }),
    );
  }

  private showDeletion(): void {
    const { session, logins } = this.parts;
    const name = printable(session.saved.username);
    this.host.show(
      new FormPanel(this.host, {
        title: 'Delete the account',
        text: `This deletes the account ${name} for ever, and frees its name. What you have sent to others stays with them.`,
        fields: [{ label: 'Password', secret: true }],
        doing: 'Deleting it …',
        submit: async ([password = '']) => {
          await this.parts.leave(async () => {
            await session.client.deleteAccount(password);
            await logins.forgetAccount(session.saved);
          });
        },
      }),
    );
  }

  private async logOut(): Promise<void> {
    const { session, logins } = this.parts;
    await this.parts.leave(async () => {
      await session.client.logOut();
      await logins.forget(session.saved);
    });
  }
}
