import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Host } from '../../src/system/host.js';
import { createTranscript } from '../../src/system/log.js';
import { realHost } from '../../src/system/real-host.js';

export interface PrivateMachine {
  /** Real files, processes and programs; everything that is remembered lies below `root`. */
  readonly host: Host;
  readonly root: string;
  /** What the log got, secrets taken out as in a transcript. */
  readonly logged: () => Promise<string>;
  /** As if the tool had been told to stop. */
  interrupt(): void;
}

/** The machine as it is, with state of its own; removed when the test is over. */
export async function privateMachine(): Promise<PrivateMachine> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'sandstorm-airgap-test-')));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const { close, ...machine } = machineBelow(root);
  onTestFinished(close);
  return machine;
}

/** The same below a folder that somebody else removes, after `close`. */
export function machineBelow(root: string): PrivateMachine & { readonly close: () => void } {
  const controller = new AbortController();
  const transcript = createTranscript(() => new Date());
  const file = join(root, 'transcript.log');
  transcript.addFile(file);
  const real = realHost(transcript, { signal: controller.signal, unbroken: (work) => work() });
  const host: Host = {
    ...real,
    layout: {
      ...real.layout,
      stateDir: join(root, 'state'),
      binDir: join(root, 'bin'),
      systemdUnitDirs: [join(root, 'etc/systemd/system')],
      initDir: join(root, 'etc/init.d'),
    },
  };
  return {
    host,
    root,
    logged: async () => (await host.files.readText(file)) ?? '',
    interrupt: () => controller.abort(),
    close: transcript.close,
  };
}
