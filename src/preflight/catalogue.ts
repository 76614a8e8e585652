import type { Check } from './check.js';
import { clock } from './checks/clock.js';
import { confLint } from './checks/conf-lint.js';
import { cpuAvx } from './checks/cpu-avx.js';
import { diskSpace } from './checks/disk-space.js';
import { dnsBase } from './checks/dns-base.js';
import { dnsSameDomain } from './checks/dns-same-domain.js';
import { dnsWildcard } from './checks/dns-wildcard.js';
import { homeState } from './checks/home-state.js';
import { identityLdap } from './checks/identity-ldap.js';
import { osKernel } from './checks/os-kernel.js';
import { osLinux } from './checks/os-linux-x86_64.js';
import { osTools } from './checks/os-tools.js';
import { osUserns } from './checks/os-userns.js';
import { portDistinct } from './checks/port-distinct.js';
import { portHttp } from './checks/port-http.js';
import { portHttps } from './checks/port-https.js';
import { portMongo } from './checks/port-mongo.js';
import { portSmtp } from './checks/port-smtp.js';
import { serviceOther } from './checks/service-other.js';
import { userRoot } from './checks/user-root.js';
import { userServer } from './checks/user-server.js';

const MACHINE: readonly Check[] = [osLinux, osKernel, osTools, osUserns, cpuAvx, userRoot, clock, diskSpace];

const SERVER: readonly Check[] = [homeState, serviceOther, userServer, confLint];

const PORTS: readonly Check[] = [portHttp, portHttps, portMongo, portSmtp, portDistinct];

/** Last, because they may have to wait for a server that is silent. */
const NAMES: readonly Check[] = [dnsBase, dnsWildcard, dnsSameDomain];

/** All there are, in the order in which they are run and shown. */
export const ALL_CHECKS: readonly Check[] = [...MACHINE, ...SERVER, ...PORTS, ...NAMES, identityLdap];
