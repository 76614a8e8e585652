import { isSecretKey } from '../../config/known-settings.js';
import { Refusal } from '../../errors.js';
import type { CommandContext } from '../command.js';
import { readSecret } from '../secret-file.js';
import type { SET_OPTIONS } from './config.js';

/**
 * The value for `config set`: as typed, or from a file or standard input without its last line end.
 * @throws Refusal E_SECRET_ON_COMMAND_LINE, E_USAGE, E_INPUT_NEEDED, E_IO
 */
export async function valueToSet(key: string, context: CommandContext<typeof SET_OPTIONS>): Promise<string> {
  const { value, valueFile } = context.values;
  if (value !== undefined && valueFile !== undefined) {
    throw new Refusal('E_USAGE', 'VALUE and --value-file cannot both be given', {
      hint: 'leave out one of them',
    });
  }
  const from = valueFile ?? (value === '-' ? value : undefined);
  if (from !== undefined) return readSecret(from, '--value-file', context.host);
  if (isSecretKey(key)) throw secretNeedsFile(key, value !== undefined);
  return context.need('value');
}

function secretNeedsFile(key: string, given: boolean): Refusal {
  const hint = `sandstorm-airgap config set ${key} --value-file FILE, or - instead of the value and it on standard input`;
  return given
    ? new Refusal(
        'E_SECRET_ON_COMMAND_LINE',
        `${key} is a secret: on a command line or in the environment others can read it`,
        { hint },
      )
    : new Refusal('E_INPUT_NEEDED', `the value of ${key} is needed`, { hint });
}
