/** The one importer of inquirer: half a megabyte that only a person at a terminal should pay for. */
import inquirer from 'inquirer';
import { Refusal } from '../errors.js';
import { onNothingLeftToDo, outliveTheTerminal } from '../system/lasting-terminal.js';

/**
 * Asks for a line; asks again while `judge` throws, and says why.
 * @throws ExitPromptError at Ctrl-C, Refusal E_CANCELLED at Ctrl-D
 */
export async function askText(
  message: string,
  preset: string | undefined,
  judge: (typed: string) => unknown,
): Promise<string> {
  return asked<string>((name) => [
    {
      type: 'input',
      name,
      message,
      ...(preset === undefined ? {} : { default: preset }),
      validate: async (typed: string) => {
        try {
          await judge(typed.trim());
          return true;
        } catch (error) {
          return error instanceof Error ? error.message : String(error);
        }
      },
    },
  ]).then((typed) => typed.trim());
}

/** A line that is not shown, with no sign of its length. @throws as askText */
export async function askSecret(message: string): Promise<string> {
  return asked<string>((name) => [{ type: 'password', name, message }]);
}

/** Yes or no; Enter means no. @throws as askText */
export async function askYesNo(message: string): Promise<boolean> {
  return asked<boolean>((name) => [{ type: 'confirm', name, message, default: false }]);
}

export interface Choice<T> {
  readonly name: string;
  readonly value: T;
  /** What stays on the screen once it was picked; the name when left out. */
  readonly short?: string;
  /** Why it cannot be picked. */
  readonly disabled?: string;
}

/** One of several; the cursor starts at the first that can be picked, or at `preset`. @throws as askText */
export async function askChoice<T extends string>(
  message: string,
  choices: readonly Choice<T>[],
  preset?: T,
): Promise<T> {
  const start = preset ?? choices.find(({ disabled }) => disabled === undefined)?.value;
  const picked = await asked<string>((name) => [
    {
      type: 'select',
      name,
      message,
      choices: choices.map((choice) => ({ ...choice })),
      loop: false,
      pageSize: 12,
      ...(start === undefined ? {} : { default: start }),
    },
  ]);
  // What was picked is one of what was offered.
  return picked as T;
}

type Questions = Parameters<typeof inquirer.prompt<{ answer: never }>>[0];

async function asked<T>(questions: (name: 'answer') => Questions): Promise<T> {
  outliveTheTerminal();
  let forget = (): void => undefined;
  // Ctrl-D closes the line without an answer or an error: nobody would ever wake up again.
  const closed = new Promise<never>((_, reject) => {
    forget = onNothingLeftToDo(() => reject(new Refusal('E_CANCELLED', 'Stopped. Nothing was changed.')));
  });
  try {
    const { answer } = await Promise.race([
      inquirer.prompt<{ answer: T }>(questions('answer') as never),
      closed,
    ]);
    return answer as T;
  } finally {
    forget();
  }
}
