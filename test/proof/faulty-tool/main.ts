import { watchSignals } from '../../../src/system/interruption.js';
import { createTranscript } from '../../../src/system/log.js';
import { realHost } from '../../../src/system/real-host.js';
import { runTool } from '../../../src/tool.js';
import { faultyHost } from './faulty-host.js';
import type { Orders } from './orders.js';
import { strikeInTime } from './timer.js';

/* The tool as it is shipped, on a Host that fails where SANDSTORM_AIRGAP_PROOF says. */

const transcript = createTranscript(() => new Date());
const host = realHost(transcript, watchSignals());
const text = process.env.SANDSTORM_AIRGAP_PROOF;
const orders = text === undefined ? undefined : (JSON.parse(text) as Orders);
if (orders?.fault !== undefined) strikeInTime(orders.fault, orders.shared);
const given = orders === undefined ? host : faultyHost(host, orders);
runTool(process.argv.slice(2), given, transcript).then(
  (exitCode) => process.exit(exitCode),
  () => process.exit(1),
);
