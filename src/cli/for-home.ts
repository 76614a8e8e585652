import type { Ui } from '../ui.js';

/** Of a server in the usual place nothing need be said. */
export const DEFAULT_HOME = '/opt/sandstorm';

/** Commands about a server, as they are suggested all over: not where one is only spoken of ("... install command"). */
const SUGGESTED =
  /\bsandstorm-airgap (?:install|update|preflight|status|resume|abort|rollback|clean|support-bundle|(?:config|service|snapshot|schedule|identity|tls) [a-z]+)(?![\w-])(?! command\b)(?!.* --home\b)/g;

/**
 * Makes every command that is suggested mean the server it is about: typed as it stands, it would look for one in
 * the usual place. `said` is a text, or a result with texts in it.
 */
export function forHome<T>(home: string, said: T): T {
  if (home === DEFAULT_HOME) return said;
  return complete(said, ` --home ${quoted(home)}`) as T;
}

function complete(said: unknown, flag: string): unknown {
  if (typeof said === 'string') return said.replace(SUGGESTED, (command) => command + flag);
  if (Array.isArray(said)) return said.map((one: unknown) => complete(one, flag));
  if (typeof said !== 'object' || said === null || said instanceof Date) return said;
  return Object.fromEntries(Object.entries(said).map(([key, one]) => [key, complete(one, flag)]));
}

/** The same of all that an operation says while it runs. */
export function uiFor(home: string, ui: Ui): Ui {
  if (home === DEFAULT_HOME) return ui;
  return {
    ...ui,
    say: (text) => ui.say(text === undefined ? text : forHome(home, text)),
    check: (result) => ui.check(forHome(home, result)),
    step: (title, work) =>
      ui.step(title, (progress) =>
        work({ ...progress, detail: (text) => progress.detail(forHome(home, text)) }),
      ),
    confirm: (question) => ui.confirm(forHome(home, question)),
  };
}

function quoted(path: string): string {
  return /^[\w./+@%-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
