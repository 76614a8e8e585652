import type { RunningServer } from '../server/running.js';

export interface ServiceStatus {
  readonly running: RunningServer | undefined;
  /** A number left in the pid file by a server that is gone. */
  readonly stalePid: number | undefined;
  /**
   * The server runs, but not as part of its systemd unit (somebody typed `sandstorm start`): systemd
   * thinks it is dead, will not start it at boot after a `stop`, and may kill it.
   */
  readonly outsideUnit: boolean;
  readonly unit: UnitState | undefined;
}

export interface UnitState {
  /** systemd's own name for it: what an alias stands for. */
  readonly name: string;
  /** loaded, not-found, masked, bad-setting, error */
  readonly loadState: string;
  /** active, inactive, failed, activating, deactivating, reloading */
  readonly activeState: string;
  /** success, exit-code, timeout, start-limit-hit ... of the last run */
  readonly result: string;
  readonly mainPid: number | undefined;
  /** enabled, disabled, static ...: whether it starts at boot. */
  readonly enabled: string;
  /** The unit file on disk is newer than what systemd has read. */
  readonly needsReload: boolean;
}

/** Whatever starts and stops the server of one HOME. */
export interface ServiceManager {
  readonly kind: 'systemd' | 'sysvinit' | 'command';
  /** "systemd unit sandstorm.service" */
  describe(): string;
  /**
   * Resolves when the server is up as a process; whether it is well is another question. A server that
   * runs already, and as it should, is left alone.
   * @throws Refusal E_SERVICE_START, E_NEEDS_ROOT
   */
  start(): Promise<void>;
  /**
   * Resolves when the process is gone.
   * @throws Refusal E_SERVICE_STOP, E_NEEDS_ROOT
   */
  stop(): Promise<void>;
  /**
   * Also starts a server that does not run.
   * @throws Refusal E_CONF_WOULD_KILL before anything is touched; else as stop and start
   */
  restart(): Promise<void>;
  status(): Promise<ServiceStatus>;
}
