/** How a run is told to stop. */
export interface Interruption {
  /** Aborted by SIGINT, SIGTERM or SIGHUP while something must be brought to a safe end. */
  readonly signal: AbortSignal;
  /** While `work` runs, the first such signal only aborts `signal`; one more after a while ends the process. */
  unbroken<T>(work: () => Promise<T>): Promise<T>;
}

const EXIT_CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
};

/**
 * One Ctrl-C may come twice, from the terminal and from npm or sudo; and a terminal that goes away says so
 * to us and to the shell, which then says it again. Only who asks once more after a while means it.
 */
const ECHO_MS = 500;

/** Outside `unbroken` a signal ends the process at once, as everybody expects of Ctrl-C. */
export function watchSignals(): Interruption {
  const controller = new AbortController();
  let depth = 0;
  let toldAt = 0;
  const stop = (signal: NodeJS.Signals): void => {
    const insists = signal !== 'SIGHUP' && controller.signal.aborted && performance.now() - toldAt > ECHO_MS;
    if (depth === 0 || insists) process.exit(EXIT_CODES[signal] ?? 1);
    if (!controller.signal.aborted) toldAt = performance.now();
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  return {
    signal: controller.signal,
    async unbroken(work) {
      depth += 1;
      try {
        return await work();
      } finally {
        depth -= 1;
      }
    },
  };
}
