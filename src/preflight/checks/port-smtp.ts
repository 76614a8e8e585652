import { portCheck } from '../port-check.js';

export const portSmtp = portCheck('smtp', 'Mail port');
