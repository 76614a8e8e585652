import { portCheck } from '../port-check.js';

export const portMongo = portCheck('mongo', 'Database port');
