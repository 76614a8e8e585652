// Makes dist/.
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { writeFolder } from './write-folder.mjs';

await writeFolder(fileURLToPath(new URL('../dist', import.meta.url)), await bundle());
