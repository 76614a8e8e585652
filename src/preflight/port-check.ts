import { join } from 'node:path';
import { descendsFrom } from '../server/descends-from.js';
import { runningServer } from '../server/running.js';
import type { Host, PortHolder } from '../system/host.js';
import { fail, pass, skip, type Check, type CheckContext, type CheckResult, type Subject } from './check.js';
import { PORT_USES, collides, plannedPorts, type PlannedPort, type PortUse } from './port-plan.js';

/** A check that the ports planned for one use are free, or held by the very server of this HOME. */
export function portCheck(use: PortUse, title: string): Check {
  return {
    id: `port.${use}`,
    group: 'Network',
    title,
    phases: ['install', 'update'],

    async run(context) {
      const { ports, bindIp } = context.subject;
      if (ports === undefined) return skip('the ports are not known yet');
      const planned = plannedPorts(ports, bindIp).filter((port) => port.use === use);
      if (planned.length === 0) return skip(`no ${use.toUpperCase()} port is planned`);
      const results = await Promise.all(planned.map((port) => checkPort(port, context)));
      return together(results);
    },
  };
}

async function checkPort(planned: PlannedPort, { host, subject }: CheckContext): Promise<CheckResult> {
  const { port, bind, use } = planned;
  if ((use === 'mongo' || subject.unprivileged) && port < (await firstUnprivileged(host))) {
    const who = use === 'mongo' ? 'the database does not run as root' : 'this server runs without root';
    return fail(`${port} is for root only, and ${who}`, { fix: [await otherPort(planned, host, subject)] });
  }

  const listening = await host.processes.listening(port);
  const inTheWay = listening.filter(({ address }) => collides(address, bind));
  if (inTheWay.length === 0) {
    const beside = listening.map((holder) => `${describe(holder)} listens on ${holder.address} only`);
    return pass([`${port} is free`, ...beside]);
  }

  const top = (await runningServer(subject.home, host))?.pid;
  const foreign: PortHolder[] = [];
  for (const holder of inTheWay) if (!(await isOwn(holder, top, host))) foreign.push(holder);
  if (foreign.length === 0) {
    return pass(`${port} is held by this Sandstorm server (pid ${top ?? '?'})`, { facts: inTheWay });
  }
  return fail(
    foreign.map((holder) => `${port} is held by ${describe(holder)}${where(holder)}`),
    { fix: [`${await otherPort(planned, host, subject)}, or ${howToFree(foreign)}`], facts: inTheWay },
  );
}

async function isOwn({ pid }: PortHolder, top: number | undefined, host: Host): Promise<boolean> {
  return pid !== undefined && top !== undefined && descendsFrom(pid, top, host);
}

function describe({ program, pid }: PortHolder): string {
  if (pid === undefined) return 'a process that you may not look at';
  return `${program ?? 'a process'} (pid ${pid})`;
}

function where({ address }: PortHolder): string {
  return address === '0.0.0.0' || address === '::' ? '' : ` on ${address}`;
}

function howToFree(holders: readonly PortHolder[]): string {
  const [first] = holders;
  if (first?.pid === undefined) return 'ask as root who it is';
  // A socket unit: the service behind it would only be started again.
  if (first.pid === 1) return 'stop the socket unit that systemctl list-sockets shows';
  return `stop ${first.program ?? `process ${first.pid}`}`;
}

async function otherPort({ use }: PlannedPort, host: Host, subject: Subject): Promise<string> {
  const { flag, key, startAt } = PORT_USES[use];
  const taken = subject.ports === undefined ? [] : plannedPorts(subject.ports).map(({ port }) => port);
  let port = startAt;
  while (taken.includes(port) || (port < startAt + 20 && (await host.processes.listening(port)).length > 0))
    port += 1;
  const change =
    subject.phase === 'install' ? `${flag} ${port}` : `sandstorm-airgap config set ${key} ${port}`;
  return use === 'http' || use === 'https' ? `${change} (and in the addresses)` : change;
}

/** Usually 1024; containers and some administrators set it lower. */
async function firstUnprivileged(host: Host): Promise<number> {
  const path = join(host.layout.proc, 'sys/net/ipv4/ip_unprivileged_port_start');
  const text = (await host.files.readStart(path, 16).catch(() => Buffer.alloc(0))).toString('latin1').trim();
  return /^\d+$/.test(text) ? Number(text) : 1024;
}

/** The worst status, with the lines of all that have it; everything when all is well. */
function together(results: readonly CheckResult[]): CheckResult {
  const failed = results.filter(({ status }) => status === 'fail');
  const told = failed.length > 0 ? failed : results;
  const fix = told.flatMap((result) => result.fix ?? []);
  const facts = results.flatMap((result) => (result.facts ?? []) as readonly PortHolder[]);
  return (failed.length > 0 ? fail : pass)(
    told.flatMap(({ lines }) => lines),
    { ...(fix.length === 0 ? {} : { fix }), ...(facts.length === 0 ? {} : { facts }) },
  );
}
