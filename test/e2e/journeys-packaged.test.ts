import { requireContainers, shipArchive } from '../helpers/container.js';
import { packaged, requirePackaging } from '../helpers/packaged.js';

/* The same journeys with the single program, unpacked from its archive, in a Debian that has no Node. */

if (requireContainers('the packaged journeys') && requirePackaging('the packaged journeys')) {
  shipArchive((await packaged()).unpacked);
  await import('./journeys.test.js');
}
