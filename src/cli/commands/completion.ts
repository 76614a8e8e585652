import { defineCommand } from '../command.js';
import { positionalChoice } from '../option.js';

export const COMPLETION_OPTIONS = {
  shell: positionalChoice('shell', 'bash, zsh or fish', ['bash', 'zsh', 'fish']),
};

export const completionCommand = defineCommand({
  name: 'completion',
  summary: 'print what lets a shell complete commands and flags',
  description: 'The packages bring it along; with the archive, put it where the shell looks for it.',
  examples: [
    'sandstorm-airgap completion bash > /etc/bash_completion.d/sandstorm-airgap',
    'sandstorm-airgap completion zsh > /usr/local/share/zsh/site-functions/_sandstorm-airgap',
    'sandstorm-airgap completion fish > /etc/fish/completions/sandstorm-airgap.fish',
  ],
  options: COMPLETION_OPTIONS,
  load: async () => (await import('./completion.run.js')).run,
});

export const manualCommand = defineCommand({
  name: 'manual',
  summary: 'print the manual page',
  description: 'As man reads it. It is made from what --help says, and so tells the same.',
  examples: ['sandstorm-airgap manual | man -l -'],
  options: {},
  load: async () => (await import('./completion.run.js')).manual,
});
