import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startContainer, type Container, type Ran } from '../../helpers/container.js';
import type { Answer } from '../../helpers/journey.js';
import { TOLD, type Ask, type Effect, type Fault, type Orders } from '../faulty-tool/orders.js';
import { attachDisk, type Disk } from './disk.js';

/** Folders of this machine that every machine of the proof is shown. */
export interface Parts {
  /** The bundled faulty tool. */
  readonly tool: string;
  /** Tarballs and install.sh; /media/usb in there. */
  readonly usb: string;
  /** The program that looks at a machine from outside of the tool. */
  readonly audit: string;
}

export const TOOL = '/usr/local/lib/airgap-proof';
/** The command that can be told to fail; `sandstorm-airgap` is the one that is shipped. */
export const FAULTY_TOOL = '/usr/local/bin/airgap-faulty';
export const AUDIT = '/usr/local/lib/airgap-audit';
const SHARED = '/run/airgap-shared';

/** How a run of the faulty tool ended. */
export interface Struck {
  /** Whether its fault was done at all. */
  readonly struck: boolean;
  /** What it printed; undefined when the machine went off under it. */
  readonly ran: Ran | undefined;
  readonly effects: readonly Effect[];
}

/** A computer with a disk that can fail: systemd as PID 1, no network, everything it writes on one ext4 image. */
export class Machine {
  isOn = true;

  private constructor(
    readonly image: string,
    private readonly parts: Parts,
    private disk: Disk,
    private container: Container,
  ) {}

  /** Switches it on. Nobody else may use that image. */
  static async start(image: string, parts: Parts): Promise<Machine> {
    await mkdir(`${image}.shared`, { recursive: true });
    const disk = await attachDisk(image);
    try {
      return new Machine(image, parts, disk, await boot(image, disk, parts));
    } catch (cause) {
      await disk.detach();
      throw cause;
    }
  }

  get box(): Container {
    return this.container;
  }

  /** Runs the tool as it is shipped to its end. */
  async tool(args: readonly string[]): Promise<Answer> {
    return answerOf(args, await this.box.run(['sandstorm-airgap', ...args], { timeoutMs: 120_000 }));
  }

  /** Runs the tool with a fault, or without one and only tells what it does. */
  async faultyTool(args: readonly string[], fault?: Fault): Promise<Struck> {
    for (const name of Object.values(TOLD)) await rm(this.told(name), { force: true });
    const orders: Orders = { shared: SHARED, ...(fault === undefined ? {} : { fault }) };
    const env = { SANDSTORM_AIRGAP_PROOF: JSON.stringify(orders) };
    const running = this.box.run([FAULTY_TOOL, ...args], { timeoutMs: 90_000, env });
    const over = running.then(
      () => true,
      () => true,
    );
    let isOff = false;
    while (!(await Promise.race([over, sleep(4, false)]))) {
      if (!existsSync(this.told(TOLD.asks))) continue;
      const ask = (await readFile(this.told(TOLD.asks), 'utf8')) as Ask;
      await this.grant(ask);
      isOff = ask === 'power-cut';
      if (isOff) break;
      await rm(this.told(TOLD.asks));
    }
    const ran = isOff ? undefined : await running;
    return { struck: existsSync(this.told(TOLD.struck)), ran, effects: await this.effects() };
  }

  makeRoom(): Promise<void> {
    return this.disk.makeRoom();
  }

  fillDisk(): Promise<void> {
    return this.disk.fill();
  }

  makeReadOnly(): Promise<void> {
    return this.disk.makeReadOnly();
  }

  failDisk(): Promise<void> {
    return this.disk.fail();
  }

  /** Off without a warning. What was written and not synced is lost. */
  async cutPower(): Promise<void> {
    await this.disk.cutPower();
    await this.off();
  }

  async switchOn(): Promise<void> {
    if (this.isOn) throw new Error('it is on');
    this.disk = await attachDisk(this.image);
    this.container = await boot(this.image, this.disk, this.parts);
    this.isOn = true;
  }

  /** Off and on again, which also brings a broken disk back. */
  async restart(): Promise<void> {
    await this.off();
    await this.switchOn();
  }

  /** Off without harm: what was written is on the disk, unless that is broken. */
  async off(): Promise<void> {
    if (!this.isOn) return;
    this.isOn = false;
    await this.container.stop();
    await this.disk.detach();
  }

  /** Off, and nothing of it is left. */
  async scrap(): Promise<void> {
    await this.off();
    await rm(this.image, { force: true });
    await rm(`${this.image}.shared`, { recursive: true, force: true });
  }

  private async grant(ask: Ask): Promise<void> {
    switch (ask) {
      case 'fill-disk':
        return this.disk.fill();
      case 'fail-disk':
        return this.disk.fail();
      case 'read-only':
        return this.disk.makeReadOnly();
      case 'power-cut':
        return this.cutPower();
    }
  }

  private told(name: string): string {
    return join(`${this.image}.shared`, name);
  }

  private async effects(): Promise<Effect[]> {
    const text = await readFile(this.told(TOLD.effects), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Effect);
  }
}

function boot(image: string, disk: Disk, parts: Parts): Promise<Container> {
  return startContainer({
    init: 'systemd',
    root: { path: disk.mount, seenBy: disk.holder },
    show: { [parts.tool]: TOOL, [parts.usb]: '/media/usb', [parts.audit]: AUDIT },
    share: { [`${image}.shared`]: SHARED },
  });
}

function answerOf(args: readonly string[], ran: Ran): Answer {
  const [line = '', ...more] = ran.stdout.trim().split('\n');
  try {
    if (more.length > 0) throw new Error('more than one line');
    return { ...(JSON.parse(line) as Omit<Answer, 'exitCode'>), exitCode: ran.exitCode };
  } catch (cause) {
    const said = `exit ${String(ran.exitCode)}\n${ran.stdout}\n${ran.stderr}`;
    throw new Error(`${args.join(' ')} did not answer with one JSON object: ${said}`, { cause });
  }
}
