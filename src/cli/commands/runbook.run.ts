import { join } from 'node:path';
import { Refusal } from '../../errors.js';
import { isKit, withKitRelease } from '../../operations/kit/kit-release.js';
import { findInstallScript, pickTarball } from '../../operations/pick.js';
import {
  lookForInstall,
  lookForRecovery,
  lookForUpdate,
  LIST_NAMES,
  type Looked,
  type Source,
} from '../../operations/runbook.js';
import { recordOf } from '../../operations/runbook-record.js';
import { runbookTemplate } from '../../operations/runbook-template.js';
import { UPDATE_AS_USUAL } from '../../operations/update.js';
import type { ReportedCheck } from '../../preflight/check.js';
import { runbookHtml } from '../../runbook/html.js';
import { render, type View } from '../../runbook/render.js';
import { RUNBOOK_TEMPLATES, type RunbookName } from '../../runbook/templates.js';
import { defaultWildcardFor, parseBaseUrl } from '../../server/addresses.js';
import type { Ui } from '../../ui.js';
import type { CommandContext, Outcome, OutcomeOf } from '../command.js';
import { DEFAULT_HOME, forHome } from '../for-home.js';
import { typedAgain } from '../typed-again.js';
import { operationWishes, portsFor, proofWishes } from '../wishes.js';
import {
  INSTALL_CHECK_OPTIONS,
  UPDATE_CHECK_OPTIONS,
  type INSTALL_PAGE_OPTIONS,
  type RECORD_OPTIONS,
  type RECOVER_PAGE_OPTIONS,
  type TEMPLATES_OPTIONS,
  type UPDATE_PAGE_OPTIONS,
} from './runbook.js';

/** What `runbook` answers; the page itself where it was not written to a file. */
export interface RunbookPage {
  readonly output: string | null;
  readonly page: string | null;
  /** Whether all checks on the page are green; null for a page without checks. */
  readonly ready: boolean | null;
  readonly checks: readonly ReportedCheck[];
}

type Context = CommandContext<typeof RECOVER_PAGE_OPTIONS>;
type Install = CommandContext<typeof INSTALL_PAGE_OPTIONS>;
type Update = CommandContext<typeof UPDATE_PAGE_OPTIONS>;

export async function installPage(context: Install): Promise<OutcomeOf<'runbook install'>> {
  return made(
    'install',
    (ui) => withSource(context, ui, (...found) => installLook(context, ui, ...found)),
    context,
  );
}

async function installLook(context: Install, ui: Ui, tarball: string, source: Source): Promise<Looked> {
  const { host, values, home } = context;
  const baseUrl = await context.need('baseUrl');
  const wildcardHost = await context.need('wildcardHost', defaultWildcardFor(parseBaseUrl(baseUrl)));
  const { resolver: resolvers = [], waive = [], bindIp, expectAddress } = values;
  const flags = typedAgain(INSTALL_CHECK_OPTIONS, { ...values, baseUrl, wildcardHost });
  const wish = {
    ...pageWish(context, flags, flags),
    ...{ source, tarball, baseUrl, wildcardHost },
    installScript: await findInstallScript(tarball, host),
    preflight: {
      ...{ home, tarball, baseUrl, wildcardHost, resolvers, waive, bindIp, expectAddress },
      phase: 'install' as const,
      ports: portsFor(baseUrl, values, false),
      serverUser: 'sandstorm',
      unprivileged: false,
      ldap: undefined,
    },
  };
  return lookForInstall(wish, host, ui);
}

export async function updatePage(context: Update): Promise<OutcomeOf<'runbook update'>> {
  return made(
    'update',
    (ui) => withSource(context, ui, (...found) => updateLook(context, ui, ...found)),
    context,
  );
}

async function updateLook(context: Update, ui: Ui, tarball: string, source: Source): Promise<Looked> {
  const { host, values, home, keepTranscript } = context;
  const { allowUnsigned } = values;
  const checkFlags = typedAgain(UPDATE_CHECK_OPTIONS, values);
  const flags = [...(allowUnsigned === true ? ['--allow-unsigned'] : []), ...checkFlags];
  const unset = { stableFor: undefined, startTimeout: undefined, staging: undefined };
  const request = {
    ...{ home, tarball, allowDowngrade: false, reinstall: false, ...UPDATE_AS_USUAL },
    installScript: await findInstallScript(tarball, host),
    proof: {
      ...(await proofWishes({
        values: { allowUnsigned, keyFile: undefined, trustKey: undefined, trustReason: undefined },
        need: () => Promise.reject(new Error('no key is trusted by a page')),
      })),
      houseWord: source.houseWord,
    },
    ...operationWishes({ values: { ...values, ...unset }, dryRun: true, keepTranscript }),
  };
  return lookForUpdate({ ...pageWish(context, flags, checkFlags), source, update: request }, host, ui);
}

/** A kit is read through, and what is needed of it copied out for as long as it is looked at. */
async function withSource<T>(
  { host, values }: Install | Update,
  ui: Ui,
  look: (tarball: string, source: Source) => Promise<T>,
): Promise<T> {
  const path = values.tarball;
  if (path !== undefined && (await isKit(path, host))) {
    const wish = { path, allowOlder: false, dryRun: true };
    return withKitRelease(wish, host, ui, (tarball, houseWord) =>
      look(tarball, { path, isKit: true, houseWord }),
    );
  }
  const tarball = await pickTarball(path, host);
  return look(tarball, { path: tarball, isKit: false });
}

export async function recoverPage(context: Context): Promise<OutcomeOf<'runbook recover'>> {
  return made('recover', () => lookForRecovery(pageWish(context), context.host), context);
}

export async function recordPage(
  context: CommandContext<typeof RECORD_OPTIONS>,
): Promise<OutcomeOf<'runbook record'>> {
  const { view, run } = await recordOf(context.values.run, context.home, context.host);
  const looked = { view, checks: [], ready: null };
  const { result, ...outcome } = await made('record', () => Promise.resolve(looked), context);
  return { ...outcome, result: { run, output: result.output, page: result.page } };
}

export async function writeTemplates(
  context: CommandContext<typeof TEMPLATES_OPTIONS>,
): Promise<OutcomeOf<'runbook templates'>> {
  const { host, dryRun } = context;
  const dir = await context.need('dir');
  const written: string[] = [];
  const left: string[] = [];
  if (!dryRun) await host.files.makeDir(dir, 0o755);
  for (const [name, text] of Object.entries(RUNBOOK_TEMPLATES)) {
    const file = join(dir, `${name}.md`);
    if ((await host.files.readText(file)) !== undefined) left.push(file);
    else {
      if (!dryRun) await host.files.writeAtomic(file, text);
      written.push(file);
    }
  }
  const changed = written.length > 0 && !dryRun;
  const text = [
    ...written.map((file) => `${dryRun ? 'Would write' : 'Written'}  ${file}`),
    ...left.map((file) => `Left alone  ${file}`),
  ];
  return { changed, result: { dir, written, left }, text: text.join('\n') };
}

function pageWish(
  { home, values }: Context | Install | Update,
  flags: readonly string[] = [],
  checkFlags: readonly string[] = [],
) {
  return { home, isUsualHome: home === DEFAULT_HOME, tell: values.tell ?? [], flags, checkFlags };
}

interface MakingContext extends Pick<Context, 'host' | 'ui' | 'home' | 'dryRun'> {
  readonly values: Pick<Context['values'], 'output' | 'format' | 'templates'>;
}

/** On standard output the page stands alone, to be sent into a file. */
function quietUi({ ui, values }: MakingContext): Ui {
  if (values.output !== undefined) return { ...ui, check: () => undefined, say: () => undefined };
  const unseen = { detail: () => undefined, bytes: () => undefined };
  return { ...ui, check: () => undefined, say: () => undefined, step: (_, work) => work(unseen) };
}

async function made(
  name: RunbookName,
  look: (ui: Ui) => Promise<Looked>,
  context: MakingContext,
): Promise<Outcome<RunbookPage>> {
  const { host, values, home, dryRun } = context;
  const { output, templates } = values;
  const format = formatOf(values);
  // Before a tarball is read for a minute.
  const print = format === 'pdf' ? await pdfPrinter(output, host) : undefined;
  // What checks advise is typed on another day, without this command line.
  const { view, checks, ready } = forHome(home, await look(quietUi(context)));
  const markdown = await page(name, view, templates, host);
  const content = format === 'markdown' ? markdown : runbookHtml(markdown);
  if (output === undefined) {
    const result = { output: null, page: content, ready, checks };
    return { changed: false, result, text: content.trimEnd(), verbatim: true };
  }
  const isSame =
    print === undefined && (await host.files.readText(output).catch(() => undefined)) === content;
  const changed = !isSame && !dryRun;
  if (changed) await host.files.writeAtomic(output, print === undefined ? content : await print(content));
  const said = isSame
    ? `${output} is so already`
    : dryRun
      ? `Dry run: ${output} was not written`
      : `Written to ${output}`;
  const trouble = ready === false ? ' Not ready: what failed stands on the page.' : '';
  return { changed, result: { output, page: null, ready, checks }, text: `${said}.${trouble}` };
}

function formatOf({ format, output = '' }: MakingContext['values']): 'markdown' | 'html' | 'pdf' {
  if (format !== undefined) return format;
  if (/\.pdf$/i.test(output)) return 'pdf';
  return /\.html?$/i.test(output) ? 'html' : 'markdown';
}

async function pdfPrinter(
  output: string | undefined,
  host: Context['host'],
): Promise<(html: string) => Promise<Buffer>> {
  if (output === undefined) {
    throw new Refusal('E_USAGE', 'a PDF cannot be printed on standard output', {
      hint: 'give --output FILE.pdf',
    });
  }
  const { findPdfProgram, printPdf } = await import('../../operations/runbook-pdf.js');
  const program = await findPdfProgram(output, host);
  return (html) => printPdf(html, program, output, host);
}

async function page(
  name: RunbookName,
  view: View,
  templates: string | undefined,
  host: Context['host'],
): Promise<string> {
  return render(await runbookTemplate(name, templates, host), view, LIST_NAMES);
}
