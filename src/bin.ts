declare const SANDSTORM_AIRGAP_VERSION: string;

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // Asked for most often by scripts: parser, commands and Host stay unloaded.
  process.stdout.write(`${SANDSTORM_AIRGAP_VERSION}\n`);
} else {
  void import('./main.js');
}
