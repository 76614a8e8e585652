import type { RunRecord } from '../journal/record.js';
import type { Ports } from '../preflight/check.js';
import type { Proof } from '../release/proof.js';

/** What the administrator wants to have at the end. */
export interface InstallWish {
  readonly home: string;
  readonly baseUrl: string;
  readonly wildcardHost: string;
  readonly ports: Ports;
  readonly bindIp: string;
  readonly serverUser: string;
  /** install.sh -u: no root, no service, nothing outside HOME. */
  readonly unprivileged: boolean;
}

export type InstallStep =
  /** `release`: the folder that run was unpacking, when that is known. */
  | { readonly do: 'clean-up-interrupted'; readonly run: string; readonly release: string | null }
  | { readonly do: 'run-install-script' }
  | { readonly do: 'write-conf'; readonly settings: Readonly<Record<string, string>> }
  | { readonly do: 'restart' }
  | { readonly do: 'prove-healthy'; readonly stableSeconds: number };

/** What lay there before us; only what we brought is ever taken away again. */
export interface Before {
  readonly homeExisted: boolean;
  readonly serviceExisted: boolean;
  readonly userExisted: boolean;
}

/** Plain data: printed by --dry-run, stored in the journal, carried out by the operation. */
export interface InstallPlan {
  readonly version: 1;
  readonly operation: 'install';
  readonly home: string;
  /** Folder name of the release: "sandstorm-308". */
  readonly release: string;
  readonly tarball: string;
  readonly sha256: string;
  readonly unpackedBytes: number;
  readonly proof: Proof;
  readonly wish: InstallWish;
  readonly before: Before;
  /** What else it was told: enough to go on with after it was cut off. */
  readonly installScript: string;
  readonly expectAddress: string | null;
  readonly waive: readonly string[];
  readonly scriptEnv: Readonly<Record<string, string>>;
  readonly steps: readonly InstallStep[];
}

export interface InterruptedInstall {
  readonly run: string;
  readonly release: string | undefined;
  readonly scriptDone: boolean;
}

export interface InstallFacts {
  readonly release: string;
  readonly tarball: string;
  readonly sha256: string;
  readonly unpackedBytes: number;
  readonly proof: Proof;
  readonly before: Before;
  readonly installScript: string;
  readonly expectAddress: string | null;
  readonly waive: readonly string[];
  readonly scriptEnv: Readonly<Record<string, string>>;
  /** An earlier run of ours that did not come to an end, and whether install.sh had finished by then. */
  readonly interrupted: InterruptedInstall | undefined;
  readonly stableSeconds: number;
}

/** Pure: the steps from what is there to what is wanted. */
export function planInstall(wished: InstallWish, facts: InstallFacts): InstallPlan {
  const { interrupted, stableSeconds, ...rest } = facts;
  // Who asks may know more than a plan has to say.
  const { home, baseUrl, wildcardHost, ports, bindIp, serverUser, unprivileged } = wished;
  const wish = { home, baseUrl, wildcardHost, ports, bindIp, serverUser, unprivileged };
  const goOn = interrupted?.scriptDone === true;
  const steps: InstallStep[] = [
    ...(interrupted !== undefined && !goOn
      ? [{ do: 'clean-up-interrupted' as const, run: interrupted.run, release: interrupted.release ?? null }]
      : []),
    ...(goOn ? [] : [{ do: 'run-install-script' as const }]),
    { do: 'write-conf', settings: wantedSettings(wish) },
    { do: 'restart' },
    { do: 'prove-healthy', stableSeconds },
  ];
  return { version: 1, operation: 'install', home, ...rest, wish, steps };
}

/** sandstorm.conf as it shall be. install.sh can say most of it, but not all, and not on every path. */
export function wantedSettings(wish: InstallWish): Record<string, string> {
  return {
    SERVER_USER: wish.serverUser,
    PORT: wish.ports.http.join(','),
    ...(wish.ports.https === undefined ? {} : { HTTPS_PORT: String(wish.ports.https) }),
    MONGO_PORT: String(wish.ports.mongo),
    BIND_IP: wish.bindIp,
    BASE_URL: wish.baseUrl,
    WILDCARD_HOST: wish.wildcardHost,
    UPDATE_CHANNEL: 'none',
    ALLOW_DEV_ACCOUNTS: 'false',
    SMTP_LISTEN_PORT: String(wish.ports.smtp),
  };
}

/** Settings that are not as wanted: key, what is there, what is wanted. */
export function differences(
  wish: InstallWish,
  read: (key: string) => string | undefined,
): { key: string; is: string | undefined; wanted: string }[] {
  return Object.entries(wantedSettings(wish)).flatMap(([key, wanted]) => {
    const is = read(key);
    // The server drops trailing slashes itself, and takes anything but true and yes for no.
    const same =
      key === 'BASE_URL'
        ? is?.replace(/\/+$/, '') === wanted
        : key === 'ALLOW_DEV_ACCOUNTS'
          ? is !== 'true' && is !== 'yes'
          : is === wanted;
    return same ? [] : [{ key, is, wanted }];
  });
}

/** The addresses that a run which did not come to its end was told; undefined when there is none. */
export function unfinishedWish(
  record: Pick<RunRecord, 'plan' | 'outcome'> | undefined,
): Pick<InstallWish, 'baseUrl' | 'wildcardHost'> | undefined {
  if (record === undefined || record.outcome === 'done' || !isInstallPlan(record.plan)) return undefined;
  const { baseUrl, wildcardHost } = record.plan.wish;
  return { baseUrl, wildcardHost };
}

/** Whether a journal's plan is one of ours, made by `planInstall`. */
export function isInstallPlan(value: unknown): value is InstallPlan {
  return typeof value === 'object' && value !== null && 'operation' in value && value.operation === 'install';
}
