import type { OptionSpecs } from './option.js';
import { flagName } from './sources.js';

type TypedValues = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[] | undefined>
>;

/**
 * The flags that tell another command the same: what a page tells people to type. Pure.
 * @param values by option key, as parsed; words without a flag are the caller's
 */
export function typedAgain(options: OptionSpecs, values: TypedValues): string[] {
  return Object.entries(options).flatMap(([key, option]) => {
    const value = values[key];
    if (value === undefined || value === false || option.kind === 'positional') return [];
    const flag = flagName(option);
    if (value === true) return [flag];
    if (typeof value !== 'object') return [flag, String(value)];
    return option.kind === 'list' ? value.flatMap((one) => [flag, String(one)]) : [flag, value.join(',')];
  });
}
