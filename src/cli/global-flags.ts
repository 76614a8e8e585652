import { parseArgs } from 'node:util';
import { COMMON_OPTIONS } from './command.js';
import { flagName } from './sources.js';

/** Flags that make sense before it is known what will be done. */
const BEFORE_A_COMMAND = ['home', 'answers', 'dryRun', 'logFile', 'debug'] as const;

/**
 * What was typed, when it is nothing but global flags: `sandstorm-airgap --home /srv/sandstorm` means the
 * wizard for that HOME. undefined when there is anything else, which is the command line parser's matter.
 */
export function globalFlags(args: readonly string[]): Record<string, string | boolean> | undefined {
  const keyOf = new Map(BEFORE_A_COMMAND.map((key) => [flagName(COMMON_OPTIONS[key]).slice(2), key]));
  const options = Object.fromEntries(
    [...keyOf].map(([name, key]) => [
      name,
      { type: COMMON_OPTIONS[key].kind === 'switch' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
    return Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) => {
        const key = keyOf.get(name);
        return key === undefined || value === undefined ? [] : [[key, value]];
      }),
    );
  } catch {
    return undefined;
  }
}
