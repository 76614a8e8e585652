import { join } from 'node:path';
import { Refusal } from '../../errors.js';
import { failed, type Finding } from '../../identity/finding.js';
import { serverSetting } from '../../operations/server-setting.js';
import { tlsCheck, type TlsReport } from '../../operations/tls-check.js';
import { tlsCsr } from '../../operations/tls-csr.js';
import { parseBaseUrl, parseWildcardHost, type BaseUrl, type WildcardHost } from '../../server/addresses.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { CHECK_OPTIONS, CSR_OPTIONS } from './tls.js';

export async function check(context: CommandContext<typeof CHECK_OPTIONS>): Promise<OutcomeOf<'tls check'>> {
  const { host, ui, values, home } = context;
  const { certificate, key, ca, connect, warnDays = 30 } = values;
  if (certificate === undefined && connect === undefined) {
    throw new Refusal(
      'E_INPUT_NEEDED',
      'a certificate file, or a server with --connect HOST:PORT, is needed',
      {
        hint: 'sandstorm-airgap tls check sandstorm.pem --key sandstorm.key --ca house-ca.pem',
      },
    );
  }
  const password = key === undefined ? undefined : await serverSetting(home, 'PRIVATE_KEY_PASSWORD', host);
  if (password !== undefined && password !== '') host.log.hide(password);
  const { base, pattern } = await addresses(context);
  const wish = { base, pattern, certificate, key, ca, connect, warnDays, password };
  const report = await tlsCheck(wish, host, ui);
  const [trouble] = failed(report.findings);
  if (trouble !== undefined) throw notReady(trouble, report);
  for (const line of whatToDo(context, base)) ui.say(line);
  return { changed: false, result: report };
}

export async function csr(context: CommandContext<typeof CSR_OPTIONS>): Promise<OutcomeOf<'tls csr'>> {
  const { host, ui, values, dryRun } = context;
  const { base, pattern } = await addresses(context);
  const name = base.host.replaceAll(':', '-');
  const keyFile = values.key ?? join(host.cwd, `${name}.key.pem`);
  const csrFile = values.csr ?? join(host.cwd, `${name}.csr.pem`);
  const { organization, bits = '3072' } = values;
  const wish = { base, pattern, keyFile, csrFile, organization, bits: Number(bits), dryRun };
  const report = await tlsCsr(wish, host, ui);
  const { names, key, csr: request } = report;
  const would = dryRun ? 'would be ' : '';
  const lines = [
    row('Key', `${keyFile} (${key === 'made' ? `${would}made, 0600` : 'was there, kept'})`),
    row('Request', `${csrFile} (${request === 'made' ? `${would}made` : 'was there, kept'})`),
    row('Names', [names.base, ...(names.wildcard === undefined ? [] : [names.wildcard])].join(', ')),
    ...(names.wider
      ? [row('', 'Browsers take no star within a label: this is wider than WILDCARD_HOST.')]
      : []),
    '',
    'Send the request to the house CA; the names must stay in it as subjectAltName. What comes back, with the',
    'intermediate CAs appended, is judged by:',
    `  sandstorm-airgap tls check CERTIFICATE --key ${keyFile} --ca CA-CERTIFICATE`,
  ];
  const changed = !dryRun && (key === 'made' || request === 'made');
  return { changed, result: { keyFile, csrFile, ...report }, text: lines.join('\n') };
}

async function addresses(
  context: CommandContext<typeof CHECK_OPTIONS> | CommandContext<typeof CSR_OPTIONS>,
): Promise<{ base: BaseUrl; pattern: WildcardHost | undefined }> {
  const { host, values, home } = context as CommandContext<typeof CSR_OPTIONS>;
  const [baseUrl, wildcardHost] = [
    values.baseUrl ?? (await serverSetting(home, 'BASE_URL', host)),
    values.wildcardHost ?? (await serverSetting(home, 'WILDCARD_HOST', host)),
  ];
  const base = parseBaseUrl(
    baseUrl ?? (await (context as CommandContext<typeof CSR_OPTIONS>).need('baseUrl')),
  );
  return { base, pattern: wildcardHost === undefined ? undefined : parseWildcardHost(wildcardHost) };
}

function notReady({ id, lines, fix }: Finding, result: TlsReport): Refusal {
  const hint = fix?.[0];
  return new Refusal(
    'E_TLS_NOT_READY',
    `browsers or the server would not take it: ${lines[0] ?? ''} (${id})`,
    {
      ...(hint === undefined ? {} : { hint }),
      result,
    },
  );
}

function whatToDo({ values }: CommandContext<typeof CHECK_OPTIONS>, base: BaseUrl): string[] {
  const { certificate, key, ca = 'house-ca.pem' } = values;
  const upload =
    certificate === undefined
      ? []
      : [
          'At /admin/certificates, Manual Certificate Upload:',
          row('Key', key ?? 'the private key, PEM'),
          row('Chain', certificate),
          'In sandstorm.conf, then sandstorm-airgap service restart:',
          `  sandstorm-airgap config set HTTPS_PORT ${String(base.scheme === 'https' ? base.port : 443)}`,
          '',
        ];
  return ['', ...upload, 'The CA in the browsers, once on each client:', ...browsers(ca)];
}

function browsers(ca: string): string[] {
  return [
    row(
      'Windows',
      `Group Policy, Trusted Root Certification Authorities; or: certutil -addstore -f Root ${ca}`,
    ),
    row('macOS', `security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${ca}`),
    row('Linux', `cp ${ca} /usr/local/share/ca-certificates/house-ca.crt && update-ca-certificates`),
    row(
      'Chromium',
      `certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n house-ca -i ${ca}   (on Linux, each user)`,
    ),
    row(
      'Firefox',
      'policies.json: {"policies":{"Certificates":{"ImportEnterpriseRoots":true}}}; or Install: [FILE]',
    ),
  ];
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(10)}${value}`;
}
