import { join } from 'node:path';
import { findInstallScript, pickTarball } from '../../operations/pick.js';
import {
  lookForInstall,
  lookForRecovery,
  lookForUpdate,
  LIST_NAMES,
  type Looked,
} from '../../operations/runbook.js';
import { recordOf } from '../../operations/runbook-record.js';
import { runbookTemplate } from '../../operations/runbook-template.js';
import { UPDATE_AS_USUAL } from '../../operations/update.js';
import type { ReportedCheck } from '../../preflight/check.js';
import { runbookHtml } from '../../runbook/html.js';
import { render, type View } from '../../runbook/render.js';
import { RUNBOOK_TEMPLATES, type RunbookName } from '../../runbook/templates.js';
import { defaultWildcardFor, parseBaseUrl } from '../../server/addresses.js';
import type { CommandContext, Outcome, OutcomeOf } from '../command.js';
import { DEFAULT_HOME } from '../for-home.js';
import { operationWishes, portsFor, proofWishes } from '../wishes.js';
import type {
  INSTALL_PAGE_OPTIONS,
  RECORD_OPTIONS,
  RECOVER_PAGE_OPTIONS,
  TEMPLATES_OPTIONS,
  UPDATE_PAGE_OPTIONS,
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
type Update = CommandContext<typeof UPDATE_PAGE_OPTIONS>;

export async function installPage(
  context: CommandContext<typeof INSTALL_PAGE_OPTIONS>,
): Promise<OutcomeOf<'runbook install'>> {
  const { host, values, home } = context;
  const tarball = await pickTarball(values.tarball, host);
  const baseUrl = await context.need('baseUrl');
  const wildcardHost = await context.need('wildcardHost', defaultWildcardFor(parseBaseUrl(baseUrl)));
  const resolvers = values.resolver ?? [];
  const flags = [
    ...['--base-url', baseUrl, '--wildcard-host', wildcardHost],
    ...resolvers.flatMap((one) => ['--resolver', one]),
  ];
  const wish = {
    ...pageWish(context, flags),
    ...{ tarball, baseUrl, wildcardHost },
    installScript: await findInstallScript(tarball, host),
    preflight: {
      ...{ home, tarball, baseUrl, wildcardHost, resolvers },
      phase: 'install' as const,
      ports: portsFor(baseUrl, NO_PORTS, false),
      bindIp: undefined,
      serverUser: 'sandstorm',
      expectAddress: values.expectAddress,
      waive: [],
      unprivileged: false,
      ldap: undefined,
    },
  };
  return made('install', await lookForInstall(wish, host, quietUi(context)), context);
}

const NO_PORTS = { port: undefined, httpsPort: undefined, mongoPort: undefined, smtpPort: undefined };

export async function updatePage(context: Update): Promise<OutcomeOf<'runbook update'>> {
  const { host, values, home, keepTranscript } = context;
  const tarball = await pickTarball(values.tarball, host);
  const resolvers = values.resolver ?? [];
  const flags = [
    ...(values.allowUnsigned === true ? ['--allow-unsigned'] : []),
    ...resolvers.flatMap((one) => ['--resolver', one]),
  ];
  const unset = { waive: undefined, stableFor: undefined, startTimeout: undefined, staging: undefined };
  const request = {
    ...{ home, tarball, allowDowngrade: false, reinstall: false, ...UPDATE_AS_USUAL },
    installScript: await findInstallScript(tarball, host),
    proof: await proofWishes({
      ...{
        values: {
          allowUnsigned: values.allowUnsigned,
          keyFile: undefined,
          trustKey: undefined,
          trustReason: undefined,
        },
      },
      need: () => Promise.reject(new Error('no key is trusted by a page')),
    }),
    ...operationWishes({ values: { ...values, ...unset }, dryRun: true, keepTranscript }),
  };
  const looked = await lookForUpdate(
    { ...pageWish(context, flags), update: request },
    host,
    quietUi(context),
  );
  return made('update', looked, context);
}

export async function recoverPage(context: Context): Promise<OutcomeOf<'runbook recover'>> {
  return made('recover', await lookForRecovery(pageWish(context, []), context.host), context);
}

export async function recordPage(
  context: CommandContext<typeof RECORD_OPTIONS>,
): Promise<OutcomeOf<'runbook record'>> {
  const { view, run } = await recordOf(context.values.run, context.home, context.host);
  const { result, ...outcome } = await made('record', { view, checks: [], ready: null }, context);
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

function pageWish({ home, values }: Context | Update, flags: readonly string[]) {
  return { home, isUsualHome: home === DEFAULT_HOME, tell: values.tell ?? [], flags };
}

/** On standard output the page stands alone, to be sent into a file. */
function quietUi({ ui, values }: Pick<Context, 'ui' | 'values'>): Context['ui'] {
  if (values.output !== undefined) return { ...ui, check: () => undefined, say: () => undefined };
  const unseen = { detail: () => undefined, bytes: () => undefined };
  return { ...ui, check: () => undefined, say: () => undefined, step: (_, work) => work(unseen) };
}

async function made(
  name: RunbookName,
  { view, checks, ready }: Looked,
  {
    host,
    values,
    dryRun,
  }: Pick<Context, 'host' | 'dryRun'> & {
    readonly values: Pick<Context['values'], 'output' | 'format' | 'templates'>;
  },
): Promise<Outcome<RunbookPage>> {
  const { output } = values;
  const markdown = await page(name, view, values.templates, host);
  const format = values.format ?? (/\.html?$/i.test(output ?? '') ? 'html' : 'markdown');
  const content = format === 'html' ? runbookHtml(markdown) : markdown;
  if (output === undefined) {
    const result = { output: null, page: content, ready, checks };
    return { changed: false, result, text: content.trimEnd(), verbatim: true };
  }
  const isSame = (await host.files.readText(output).catch(() => undefined)) === content;
  const changed = !isSame && !dryRun;
  if (changed) await host.files.writeAtomic(output, content);
  const said = isSame
    ? `${output} is so already`
    : dryRun
      ? `Dry run: ${output} was not written`
      : `Written to ${output}`;
  const trouble = ready === false ? ' Not ready: what failed stands on the page.' : '';
  return { changed, result: { output, page: null, ready, checks }, text: `${said}.${trouble}` };
}

async function page(
  name: RunbookName,
  view: View,
  templates: string | undefined,
  host: Context['host'],
): Promise<string> {
  return render(await runbookTemplate(name, templates, host), view, LIST_NAMES);
}
