import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { CertificateFolder } from '../certs/certificate-folder.js';
import type { MemberStatus } from '../engine/member-status.js';
import { makeFolder } from '../folder/make-folder.js';
import { PlanError, certificatesOf, configOf, webAddressOf } from './cluster-plan.js';
import type { ClusterPlan, NodePlan } from './cluster-plan.js';
import { countFaults, faultsLine, renderPage } from './cluster-table.js';
import type { NodeRow } from './cluster-table.js';
import { NodeProcess } from './node-process.js';
import { NodeView } from './node-view.js';

const interval = 1_000;
const grace = 10_000;

/** Runs every node of a cluster on this machine and shows how they are. */
export class ClusterLauncher {
  private readonly processes = new Map<string, NodeProcess>();
  private readonly views: ReadonlyMap<string, NodeView>;
  private readonly shown = new Map<string, string>();
  private wasUp = false;

  constructor(
    private readonly plan: ClusterPlan,
    private readonly output: NodeJS.WriteStream,
    private readonly style: { readonly colours: boolean; readonly json: boolean },
  ) {
    this.views = new Map(plan.nodes.map((node) => [node.id, new NodeView(plan, node)]));
  }

  /** Throws CertificateError; PlanError when the folder can't be used. */
  async start(): Promise<void> {
    const { folder, configPath } = this.plan;
    try {
      await makeFolder(folder);
      writeFileSync(configPath, `${JSON.stringify(configOf(this.plan), undefined, 2)}\n`);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new PlanError(`--data: ${folder} can not be written: ${reason}`, { cause });
    }
    if (this.plan.tls) await this.provideCertificates();
    for (const node of this.plan.nodes) this.startNode(node);
  }

  /** Starts a node that has ended; by its number, from 1. */
  restart(number: number): void {
    const node = this.plan.nodes[number - 1];
    if (node && this.processes.get(node.id)?.end !== undefined) this.startNode(node);
  }

  /** Shows the nodes until the signal aborts: as a table on a terminal, else a line for each change. */
  async show(signal: AbortSignal): Promise<void> {
    const screen = createLogUpdate(this.output, { showCursor: true });
    const stopped = () => signal.aborted;
    while (!stopped()) {
      const rows = await Promise.all(this.plan.nodes.map(async (node) => this.look(node)));
      if (stopped()) break;
      if (this.drawn) screen(this.page(rows));
      else this.tellChanges(rows);
      await sleep(interval, undefined, { signal }).catch(() => undefined);
    }
    if (this.drawn) screen.done();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.processes.values()].map(async (node) => node.stop(grace)));
    await Promise.all([...this.views.values()].map(async (view) => view.close()));
  }

  private async provideCertificates(): Promise<void> {
    const { ca } = certificatesOf(this.plan);
    if (!existsSync(ca)) await new CertificateFolder(dirname(ca)).init([['localhost']]);
  }

  private startNode(node: NodePlan): void {
    this.processes.set(node.id, NodeProcess.start(this.plan, node));
  }

  private async look(node: NodePlan): Promise<NodeRow> {
    const end = this.processes.get(node.id)?.end;
    const status = end === undefined ? await this.views.get(node.id)?.look() : undefined;
    return {
      node,
      state: end ?? stateOf(status),
      healthy: status?.hasLeader ?? false,
      revision: status?.revision,
      bytes: status?.sizeBytes,
    };
  }

  private page(rows: readonly NodeRow[]): string {
    return renderPage(rows, this.plan, {
      colours: this.style.colours,
      columns: this.output.columns,
      ca: this.plan.tls ? certificatesOf(this.plan).ca : undefined,
    });
  }

  private tellChanges(rows: readonly NodeRow[]): void {
    for (const { node, state } of rows) {
      if (this.shown.get(node.id) === state) continue;
      this.shown.set(node.id, state);
      const [server, web] = [`localhost:${node.port}`, webAddressOf(this.plan, node)];
      const fields = { node_id: node.id, state, server_address: server, web_address: web };
      this.tell(`${node.id} ${state}, gRPC ${server}, web ${web}`, fields);
    }
    const { now, max, majority } = countFaults(rows);
    const faults = faultsLine({ now, max, majority });
    if (this.shown.get('') === faults) return;
    this.shown.set('', faults);
    const fields = { majority, faults_tolerated_now: now, faults_tolerated_max: max };
    if (this.wasUp || majority) this.tell(faults, fields);
    this.wasUp ||= majority;
  }

  private tell(line: string, fields: object): void {
    this.output.write(`${this.style.json ? JSON.stringify(fields) : line}\n`);
  }

  /** A table is drawn over and over; else there is a line for each change. */
  private get drawn(): boolean {
    // A terminal without a size, as some programs open, has no room for a table.
    return this.output.isTTY && this.output.columns > 0 && !this.style.json;
  }
}

function stateOf(status: MemberStatus | undefined): string {
  if (!status) return 'not answering';
  if (!status.hasLeader) return 'no majority';
  if (status.learner) return 'learner';
  return status.leads ? 'leader' : 'follower';
}
