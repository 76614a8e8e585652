import { portCheck } from '../port-check.js';

export const portHttp = portCheck('http', 'HTTP port');
