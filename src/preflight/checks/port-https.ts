import { portCheck } from '../port-check.js';

export const portHttps = portCheck('https', 'HTTPS port');
