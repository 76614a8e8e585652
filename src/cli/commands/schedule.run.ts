import { ERROR_CODES, Refusal } from '../../errors.js';
import {
  showSchedule,
  holdSchedule,
  releaseSchedule,
  retryTarballs,
} from '../../operations/schedule/show.js';
import { withScheduleLock } from '../../operations/schedule/remembered.js';
import { setUpSchedule, takeDownSchedule } from '../../operations/schedule/set-up.js';
import { tell, type Report } from '../../operations/schedule/tell.js';
import { keptOut, visit, type VisitRequest } from '../../operations/schedule/visit.js';
import { UPDATE_AS_USUAL } from '../../operations/update.js';
import { priority, visitLine, type Visit } from '../../schedule/visit.js';
import { ownCommand } from '../../system/own-command.js';
import type { Ui } from '../../ui.js';
import { count } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { inputNeeded, flagName } from '../sources.js';
import { operationWishes } from '../wishes.js';
import {
  LOOK_OPTIONS,
  type HOLD_OPTIONS,
  type INSTALL_OPTIONS,
  type RETRY_OPTIONS,
  type RUN_OPTIONS,
} from './schedule.js';
import { heldText, scheduleText } from './schedule-text.js';

const SETTLE_SECONDS = 30;

export async function run(context: CommandContext<typeof RUN_OPTIONS>): Promise<OutcomeOf<'schedule run'>> {
  const { host, values, home, dryRun } = context;
  const drop = await context.need('drop');
  const request: VisitRequest = {
    home,
    drop,
    window: values.window,
    settleMs: (values.settle ?? SETTLE_SECONDS) * 1000,
    takesMs: values.takes === undefined ? undefined : values.takes * 60_000,
    dryRun,
    update: {
      proof: { allowUnsigned: false, keyFile: values.keyFile, trustKey: undefined },
      scope: values.snapshot ?? UPDATE_AS_USUAL.scope,
      strategy: values.strategy ?? UPDATE_AS_USUAL.strategy,
      keep: values.keep ?? UPDATE_AS_USUAL.keep,
      ...operationWishes(context),
    },
  };
  const report: Report = {
    mail: values.mail ?? [],
    metrics: values.metrics,
    syslog: values.log === 'syslog',
    drop,
    window: values.window,
  };
  // In the journal one line with its priority is worth more than a screenful.
  const ui = values.log === undefined ? context.ui : silent(context.ui);
  const look = async (): Promise<{ seen: Visit; troubles: string[] }> => {
    const seen = await visit(request, host, ui);
    return { seen, troubles: dryRun ? [] : await tell(seen, report, host) };
  };
  const { seen, troubles } = dryRun
    ? await look()
    : await withScheduleLock(home, 'schedule run', host, look).catch(async (error: unknown) => ({
        seen: await keptOut(request, error, host),
        troubles: [],
      }));
  for (const trouble of troubles) host.log(trouble);
  return said(seen, troubles, context);
}

function said(
  seen: Visit,
  troubles: readonly string[],
  { values, json }: CommandContext<typeof RUN_OPTIONS>,
): OutcomeOf<'schedule run'> {
  const result = { ...seen, troubles };
  const changed = seen.outcome === 'updated';
  const inJournal = values.log === 'journal' && !json;
  if (seen.code !== null && !inJournal) {
    throw Refusal.retold(seen.code, seen.message, {
      result,
      changed: ERROR_CODES[seen.code].exit === 7,
      ...(seen.hint === null ? {} : { hint: seen.hint }),
    });
  }
  const text = inJournal
    ? // sd-daemon(3): the number before a line is its priority.
      [`<${String(priority(seen))}>${visitLine(seen)}`, ...troubles.map((one) => `<4>${one}`)].join('\n')
    : [`${seen.outcome}: ${seen.message}`, ...troubles].join('\n');
  return { changed, result, text, ...(seen.code === null ? {} : { exitCode: ERROR_CODES[seen.code].exit }) };
}

function silent(ui: Ui): Ui {
  return {
    ...ui,
    say: () => undefined,
    check: () => undefined,
    step: (_, work) => work({ detail: () => undefined, bytes: () => undefined }),
  };
}

export async function install(
  context: CommandContext<typeof INSTALL_OPTIONS>,
): Promise<OutcomeOf<'schedule install'>> {
  const { host, values, home } = context;
  const drop = await context.need('drop');
  const window = values.window;
  if (window === undefined) throw inputNeeded('window', LOOK_OPTIONS.window);
  const dryRun = context.dryRun || values.print === true;
  const setUp = await setUpSchedule(
    {
      home,
      drop,
      window,
      starter: values.by,
      program: ownCommand(),
      flags: handedOn(context),
      metrics: values.metrics,
      staging: values.staging,
      mails: (values.mail ?? []).length > 0,
      dryRun,
    },
    host,
  );
  const { starter, changed, files } = setUp;
  const texts = Object.entries(files).flatMap(([path, text]) => [`# ${path}`, text]);
  const by = starter === 'systemd' ? 'A timer of systemd' : 'cron';
  const said = changed
    ? `${by} looks into ${drop} from now on. What it finds: sandstorm-airgap schedule show`
    : 'It is set up so already.';
  return {
    changed: changed && !dryRun,
    result: setUp,
    text: dryRun ? texts.join('\n').trimEnd() : said,
    ...(dryRun ? { verbatim: true } : {}),
  };
}

/** What was said to `schedule install`, from whichever source, as words for `schedule run`. */
function handedOn({ values }: CommandContext<typeof INSTALL_OPTIONS>): string[] {
  return Object.entries(LOOK_OPTIONS).flatMap(([key, option]) => {
    const value: unknown = values[key as keyof typeof LOOK_OPTIONS];
    if (key === 'window' || value === undefined) return [];
    const all: unknown[] = Array.isArray(value) ? value : [value];
    return all.flatMap((one) => [flagName(option), String(one)]);
  });
}

export async function show({ home, host }: CommandContext): Promise<OutcomeOf<'schedule show'>> {
  const result = await showSchedule(home, host);
  return { changed: false, result, text: scheduleText(result) };
}

export async function hold(
  context: CommandContext<typeof HOLD_OPTIONS>,
): Promise<OutcomeOf<'schedule hold'>> {
  const { host, values, home, dryRun } = context;
  if (values.off === true) {
    const was = await releaseSchedule(home, dryRun, host);
    const text =
      was === undefined ? 'Nobody had stopped it.' : `Let go. It had been stopped: ${heldText(was)}`;
    return { changed: was !== undefined && !dryRun, result: { hold: null, was: was ?? null }, text };
  }
  const reason = await context.need('reason');
  const by = host.env.SUDO_USER ?? host.user.name;
  const changed = await holdSchedule(home, { reason, by }, dryRun, host);
  const text = 'Nothing is updated by itself until: sandstorm-airgap schedule hold --off';
  return { changed: changed && !dryRun, result: { hold: { reason, by } }, text };
}

export async function retry(
  context: CommandContext<typeof RETRY_OPTIONS>,
): Promise<OutcomeOf<'schedule retry'>> {
  const { host, values, home, dryRun } = context;
  const allowed = await retryTarballs(home, values.sha256, dryRun, host);
  const text =
    allowed.length === 0
      ? 'No tarball waits for that.'
      : `${count(allowed.length, 'tarball')} may be tried once more: ${allowed.map(({ path }) => path).join(', ')}`;
  return { changed: allowed.length > 0 && !dryRun, result: { allowed }, text };
}

export async function remove({ home, host, dryRun }: CommandContext): Promise<OutcomeOf<'schedule remove'>> {
  const removed = await takeDownSchedule(home, dryRun, host);
  const text =
    removed.length === 0
      ? 'Nothing is scheduled.'
      : `${dryRun ? 'Dry run. It would remove' : 'Removed'} ${removed.join(', ')}`;
  return { changed: removed.length > 0 && !dryRun, result: { removed }, text };
}
