import { Refusal } from '../../errors.js';
import { findInstallScript, pickTarball } from '../../operations/pick.js';
import { rehearse, type RehearsalResult } from '../../operations/rehearse.js';
import { JOB_VARIABLE } from '../../rehearsal/job.js';
import { defaultWildcardFor, parseBaseUrl } from '../../server/addresses.js';
import { count, duration } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { patienceFor, portsFor, proofWishes } from '../wishes.js';
import type { REHEARSE_OPTIONS } from './rehearse.js';

type Context = CommandContext<typeof REHEARSE_OPTIONS>;

/** A name of a domain that can never be real (RFC 6761). */
const EXAMPLE_URL = 'http://sandstorm.rehearsal.test:6080';

export async function run(context: Context): Promise<OutcomeOf<'rehearse'>> {
  const { host, ui } = context;
  const job = host.env[JOB_VARIABLE];
  if (job !== undefined) {
    const { rehearseInside } = await import('../../operations/rehearse-inside.js');
    await rehearseInside(job, host, ui, context.keepTranscript);
    return { changed: false, result: null };
  }
  const { tarball, newerTarball, installScript } = context.values;
  const plain = [tarball, newerTarball, installScript].every((value) => value === undefined);
  const result = plain ? await rehearse(host, ui) : await genuine(context);

  const lines = report(result);
  if (result.asExpected) {
    const verdict = `  All as it should be, in ${duration(result.tookMs)}. Nothing was left on this machine.`;
    return { changed: false, result, text: [...lines, verdict].join('\n') };
  }
  for (const line of lines) ui.say(line);
  throw wentWrong(result);
}

async function genuine(context: Context): Promise<RehearsalResult> {
  const { host, ui, values, home } = context;
  const proof = await proofWishes(context);
  const tarball = await pickTarball(values.tarball, host);
  const beside = await findInstallScript(tarball, host);
  const installScript = values.installScript ?? beside ?? (await context.need('installScript'));
  const baseUrl = values.baseUrl ?? EXAMPLE_URL;
  const wildcardHost =
    values.wildcardHost ?? defaultWildcardFor(parseBaseUrl(baseUrl)) ?? (await context.need('wildcardHost'));
  const { rehearseGenuine } = await import('../../operations/rehearse-genuine.js');
  return rehearseGenuine(
    {
      home,
      installScript,
      tarball,
      newerTarball:
        values.newerTarball === undefined ? undefined : await pickTarball(values.newerTarball, host),
      baseUrl,
      wildcardHost,
      ports: portsFor(baseUrl, values, false),
      bindIp: values.bindIp ?? '0.0.0.0',
      serverUser: values.serverUser ?? 'sandstorm',
      waive: values.waive ?? [],
      proof,
      patience: {
        ...patienceFor({ stableFor: values.stableFor ?? 5, startTimeout: values.startTimeout }),
        scriptTimeoutMs: 10 * 60_000,
      },
      quiet: context.json,
    },
    host,
    ui,
  );
}

function report({ scenes, notes }: RehearsalResult): string[] {
  const width = Math.max(0, ...scenes.map(({ scene }) => scene.length));
  return [
    '\n  Report',
    '',
    ...scenes.map(
      ({ scene, asExpected, said }) => `    ${asExpected ? '✔' : '✖'} ${scene.padEnd(width)}   ${said}`,
    ),
    '',
    ...notes.map((note) => `  Note: ${note}`),
    ...(notes.length > 0 ? [''] : []),
  ];
}

function wentWrong(result: RehearsalResult): Refusal {
  const wrong = result.scenes.filter(({ asExpected }) => !asExpected).length;
  return new Refusal(
    'E_REHEARSAL',
    `${count(wrong, 'scene')} went otherwise than expected. Nothing was left on this machine.`,
    { hint: 'run it again with --log-file FILE: that keeps everything that was said', result },
  );
}
