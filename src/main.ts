import { watchSignals } from './system/interruption.js';
import { createTranscript } from './system/log.js';
import { realHost } from './system/real-host.js';
import { runTool } from './tool.js';

const transcript = createTranscript(() => new Date());
// A name that is being looked up cannot be called off, and would keep the process for seconds.
runTool(process.argv.slice(2), realHost(transcript, watchSignals()), transcript).then(
  (exitCode) => process.exit(exitCode),
  () => process.exit(1),
);
