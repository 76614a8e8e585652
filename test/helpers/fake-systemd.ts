import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CommandResult, Commands } from '../../src/system/host.js';
import { installRelease, makeMachine, quickClock, result, type Machine } from './conf-host.js';

/**
 * A systemd of paper over a server of flesh: `systemctl` and HOME/sandstorm are played here and
 * recorded, the server is a real process in a real release folder with a real pid file.
 */
export class FakeSystemd {
  readonly calls: string[] = [];
  /** What `systemctl show` says. */
  readonly unit: Record<string, string> = {
    Id: 'sandstorm.service',
    LoadState: 'loaded',
    ActiveState: 'inactive',
    Result: 'success',
    MainPID: '0',
    UnitFileState: 'enabled',
    NeedDaemonReload: 'no',
  };
  /** After a few quick failures: nothing starts before reset-failed. */
  startLimitHit = false;
  /** The server dies at once, of a taken port say: `sandstorm start` is content all the same. */
  diesAtOnce = false;
  /** It does not go away. */
  immortal = false;
  /** `systemctl restart` is content and leaves the old process. */
  restartDoesNothing = false;
  /** systemd could not guess the main process. */
  mainPidUnknown = false;
  build = 308;
  child: ChildProcess | undefined;

  private constructor(readonly machine: Machine) {}

  static async make(uid = 0): Promise<FakeSystemd> {
    const holder: { systemd?: FakeSystemd } = {};
    const commands: Commands = {
      run: (file, args) => {
        if (holder.systemd === undefined) throw new Error('too early');
        return holder.systemd.run(file, args);
      },
      which: (name) => Promise.resolve(name === 'systemctl' ? '/usr/bin/systemctl' : undefined),
      openPty: () => {
        throw new Error('no terminal here');
      },
      filter: () => {
        throw new Error('no filter here');
      },
    };
    const machine = await makeMachine({ commands, clock: quickClock(), uid });
    await installRelease(machine, 308);
    await machine.write('proc/1/comm', 'systemd\n');
    await machine.write(
      'opt/sandstorm/sandstorm.conf',
      'SERVER_USER=s\nPORT=6080\nBASE_URL=http://x\nWILDCARD_HOST=*.x\n',
    );
    holder.systemd = new FakeSystemd(machine);
    return holder.systemd;
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('no server');
    return this.child.pid;
  }

  /** Changes made to the machine, without the looking. */
  get deeds(): string[] {
    return this.calls.filter((call) => !call.startsWith('systemctl show'));
  }

  async installUnit(at = 'etc/systemd/system/sandstorm.service', command = this.command): Promise<void> {
    await this.machine.write(
      at,
      `[Service]\nType=forking\nExecStart=${command} start\nExecStop=${command} stop\n`,
    );
  }

  get command(): string {
    return join(this.machine.home, 'sandstorm');
  }

  async startServer(cgroup: string): Promise<void> {
    const cwd = join(this.machine.home, `sandstorm-${this.build}`);
    this.child = spawn('sleep', ['300'], { cwd, stdio: 'ignore' });
    await once(this.child, 'spawn');
    await this.machine.write(`proc/${this.pid}/cgroup`, `0::${cgroup}\n`);
    await this.machine.write('opt/sandstorm/var/pid/sandstorm.pid', `${this.pid}\n`);
    if (this.diesAtOnce) await this.endServer();
  }

  async endServer(): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.endServer();
    await this.machine.remove();
  }

  private get alive(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  private get inUnit(): boolean {
    return this.alive && this.unit.ActiveState === 'active';
  }

  private async run(file: string, args: readonly string[]): Promise<CommandResult> {
    const words = [file.replace(this.machine.root, ''), ...args.filter((arg) => arg !== '--no-ask-password')];
    this.calls.push(words.join(' '));
    const verb = words[1] ?? '';
    return file === 'systemctl' ? this.systemctl(verb) : this.sandstorm(verb);
  }

  private async sandstorm(verb: string): Promise<CommandResult> {
    if (verb === 'start' && !this.alive) await this.startServer('/user.slice/session-1.scope');
    if (verb === 'stop' && !this.immortal) await this.endServer();
    return result();
  }

  private async systemctl(verb: string): Promise<CommandResult> {
    switch (verb) {
      case 'show':
        return result({
          stdout: Object.entries(this.unit)
            .map(([key, value]) => `${key}=${value}\n`)
            .join(''),
        });
      case 'daemon-reload':
        Object.assign(this.unit, { NeedDaemonReload: 'no', LoadState: 'loaded' });
        return result();
      case 'reset-failed':
        this.startLimitHit = false;
        return result();
      case 'stop':
        if (this.inUnit && !this.immortal) await this.endServer();
        Object.assign(this.unit, { ActiveState: 'inactive', MainPID: '0' });
        return result();
      case 'restart':
        if (this.restartDoesNothing) return result();
        if (this.inUnit) await this.endServer();
        return this.unitStart();
      case 'start':
        return this.unit.ActiveState === 'active' ? result() : this.unitStart();
      default:
        throw new Error(`systemctl ${verb}?`);
    }
  }

  private async unitStart(): Promise<CommandResult> {
    if (this.startLimitHit) {
      Object.assign(this.unit, { ActiveState: 'failed', Result: 'start-limit-hit' });
      return result({ exitCode: 1, stderr: 'Start request repeated too quickly.' });
    }
    if (this.alive) {
      // The trap: the new `start` finds a server and ends well, and systemd's ExecStop kills that server.
      await this.endServer();
      Object.assign(this.unit, { ActiveState: 'inactive', MainPID: '0' });
      return result();
    }
    await this.startServer(`/system.slice/${this.unit.Id ?? ''}`);
    if (this.diesAtOnce) Object.assign(this.unit, { ActiveState: 'inactive', MainPID: '0' });
    else
      Object.assign(this.unit, {
        ActiveState: 'active',
        MainPID: this.mainPidUnknown ? '0' : String(this.pid),
      });
    return result();
  }
}
