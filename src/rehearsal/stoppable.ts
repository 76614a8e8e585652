import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';

/**
 * A Host on which everything that takes time ends with a refusal as soon as the person wants to stop. An
 * operation on a real server must come to a safe end first; on one that is thrown away it need not.
 */
export function stoppable(host: Host): Host {
  const { interrupted } = host;
  const goOn = (): void => {
    if (interrupted.aborted) throw stopped();
  };
  const unlessStopped = async <T>(work: () => Promise<T>): Promise<T> => {
    goOn();
    let stop: (() => void) | undefined;
    const cut = new Promise<never>((_, reject) => {
      stop = () => reject(stopped());
      interrupted.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([work(), cut]);
    } finally {
      if (stop !== undefined) interrupted.removeEventListener('abort', stop);
    }
  };

  return {
    ...host,
    clock: { ...host.clock, sleep: (ms) => unlessStopped(() => host.clock.sleep(ms)) },
    commands: {
      ...host.commands,
      async run(file, args, options) {
        goOn();
        const ran = await host.commands.run(file, args, { signal: interrupted, ...options });
        goOn();
        return ran;
      },
    },
    dns: {
      ...host.dns,
      query: (...question) => unlessStopped(() => host.dns.query(...question)),
      lookup: (name) => unlessStopped(() => host.dns.lookup(name)),
    },
    http: { get: (url, options) => unlessStopped(() => host.http.get(url, options)) },
  };
}

export function stopped(): Refusal {
  return new Refusal('E_CANCELLED', 'Stopped. Nothing of the rehearsal is left on this machine.');
}
