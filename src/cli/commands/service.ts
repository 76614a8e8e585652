import { defineCommand } from '../command.js';

const WAY = 'Through systemd, the init script or the sandstorm command, whichever manages this server.';

export const serviceStartCommand = defineCommand({
  name: 'service start',
  summary: 'start the server',
  description: WAY,
  examples: ['sandstorm-airgap service start'],
  options: {},
  load: async () => (await import('./service.run.js')).start,
});

export const serviceStopCommand = defineCommand({
  name: 'service stop',
  summary: 'stop the server and wait until it is gone',
  description: WAY,
  examples: ['sandstorm-airgap service stop'],
  options: {},
  load: async () => (await import('./service.run.js')).stop,
});

export const serviceRestartCommand = defineCommand({
  name: 'service restart',
  summary: 'stop and start; refused when sandstorm.conf would kill the server',
  description: WAY,
  examples: ['sandstorm-airgap service restart'],
  options: {},
  load: async () => (await import('./service.run.js')).restart,
});

export const serviceStatusCommand = defineCommand({
  name: 'service status',
  summary: 'show who manages the server and whether its process is up',
  description: WAY,
  examples: ['sandstorm-airgap service status --json'],
  options: {},
  load: async () => (await import('./service.run.js')).status,
});
