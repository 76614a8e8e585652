import { badValue } from '../../errors.js';
import { defineCommand } from '../command.js';
import { ADDRESS_OPTIONS } from '../option-sets.js';
import { choice, formed, parsePort, path, positionalPath, text } from '../option.js';

export const CHECK_OPTIONS = {
  certificate: positionalPath('certificate', 'the certificate with its chain, PEM, as it would be uploaded'),
  key: path('--key <file>', 'its private key; the two are tried in a handshake'),
  ca: path('--ca <file>', 'certificate(s) of the CA that browsers trust, PEM'),
  connect: formed(
    '--connect <host:port>',
    'shake hands with this server, and see what it sends and how it encrypts',
    (value, what) => {
      const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d+)$/i.exec(value) ?? [];
      const host = bracketed ?? plain;
      if (host === undefined) throw badValue(what, value, 'HOST:PORT');
      return { host, port: parsePort(port ?? '', what) };
    },
  ),
  baseUrl: ADDRESS_OPTIONS.baseUrl,
  wildcardHost: ADDRESS_OPTIONS.wildcardHost,
  warnDays: formed('--warn-days <days>', 'warn when it expires sooner (default 30)', (value, what) => {
    if (!/^\d{1,4}$/.test(value)) throw badValue(what, value, 'a number of days');
    return Number(value);
  }),
};

export const CSR_OPTIONS = {
  key: path('--key <file>', 'the private key: made (0600) where there is none, never overwritten'),
  csr: path('--csr <file>', 'where the request goes (default: HOST.csr.pem here)'),
  baseUrl: ADDRESS_OPTIONS.baseUrl,
  wildcardHost: ADDRESS_OPTIONS.wildcardHost,
  organization: text('--organization <name>', 'organisation in the subject, where the CA wants one'),
  bits: choice('--bits <n>', 'size of a new RSA key: 2048, 3072 (default), 4096', ['2048', '3072', '4096']),
};

export const tlsCheckCommand = defineCommand({
  name: 'tls check',
  summary: "check certificate, chain and key for the server's names, as browsers and Sandstorm take them",
  description:
    'BASE_URL and WILDCARD_HOST are taken from sandstorm.conf. Exit code 3 when browsers would refuse it.\n' +
    'Nothing is changed; prints what to do at /admin/certificates and in the browsers.',
  examples: [
    'sandstorm-airgap tls check sandstorm.pem --key sandstorm.key --ca house-ca.pem',
    'sandstorm-airgap tls check --connect sandstorm.corp.lan:443 --ca house-ca.pem --json',
  ],
  options: CHECK_OPTIONS,
  load: async () => (await import('./tls.run.js')).check,
});

export const tlsCsrCommand = defineCommand({
  name: 'tls csr',
  summary: 'make a key and a request with the right names for the house CA',
  description:
    'BASE_URL and WILDCARD_HOST are taken from sandstorm.conf. An existing key is used again and never overwritten;\n' +
    'the same key and names give the same request.',
  examples: [
    'sandstorm-airgap tls csr --key sandstorm.key --csr sandstorm.csr',
    "sandstorm-airgap tls csr --base-url https://sandstorm.corp.lan --wildcard-host '*.sandstorm.corp.lan'",
  ],
  options: CSR_OPTIONS,
  load: async () => (await import('./tls.run.js')).csr,
});
