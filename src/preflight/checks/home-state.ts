import { judgeHome, observeHome, type HomeState } from '../../server/home-state.js';
import { fail, pass, warn, type Check, type CheckResult, type Subject } from '../check.js';

export const homeState: Check = {
  id: 'home.state',
  group: 'Server',
  title: 'Install directory',
  phases: ['install', 'update'],

  async run({ host, subject }) {
    const state = judgeHome(await observeHome(subject.home, host));
    const result = subject.phase === 'install' ? forInstall(state, subject) : forUpdate(state, subject);
    return { ...result, facts: state };
  },
};

function forInstall(state: HomeState, subject: Subject): CheckResult {
  const { home, release } = subject;
  switch (state.kind) {
    case 'absent':
      if (state.missingParents.length === 0) return pass(`${home} does not exist yet`);
      return warn(`${state.missingParents.join(' and ')} will be made for ${home}`, {
        fix: ['if a filesystem should be there, mount it first'],
      });
    case 'empty':
      if (state.others.length === 0) return pass(`${home} is empty`);
      return warn(`${home} is not empty (${listed(state.others)}); what lies there stays`);
    case 'server':
      if (!state.custom && state.build === release?.build)
        return pass(`build ${state.build} is already installed`);
      return fail(`${home} has a server of ${named(state)}`, {
        fix: ['sandstorm-airgap update TARBALL', 'or another folder with --home'],
      });
    case 'interrupted':
      return warn(`${home} has an installation of ours that was interrupted (${state.run})`, {
        fix:
          state.server === undefined
            ? ['nothing: it will be cleaned up and repeated']
            : ['sandstorm-airgap status: all parts are in place, only the last proof is missing'],
      });
    case 'leftovers':
      return leftovers(state, home);
    case 'unfit':
      return fail(state.reason, { fix: [state.fix] });
  }
}

function forUpdate(state: HomeState, { home }: Subject): CheckResult {
  switch (state.kind) {
    case 'server':
      if (!state.custom) return pass(`${home} has a server of build ${state.build}`);
      return warn(`${home} has ${named(state)}: whether a release is newer cannot be told`);
    case 'absent':
    case 'empty':
      return fail(`${home} has no Sandstorm server`, {
        fix: ['sandstorm-airgap install TARBALL ...', 'or name the right folder with --home'],
      });
    case 'interrupted':
      return fail(`${home} has an installation of ours that was interrupted (${state.run})`, {
        fix: ['sandstorm-airgap status'],
      });
    case 'leftovers':
      return fail(`${home} has no whole server: ${state.missing.join(', ')} missing`, {
        fix: ['put back what is missing, from a backup', 'or name the right folder with --home'],
      });
    case 'unfit':
      return fail(state.reason, { fix: [state.fix] });
  }
}

function leftovers({ names, missing }: HomeState & { kind: 'leftovers' }, home: string): CheckResult {
  const lines = [
    `${home} has ${listed(names)}, which is no whole server (no ${missing.join(', no ')}) and not ours`,
    ...(names.includes('var') ? ['var may hold accounts and grains of an earlier server'] : []),
  ];
  return fail(lines, {
    fix: [`keep it and make room:  mv ${home} ${home}.old`, 'or install into another folder with --home'],
  });
}

function named({ build, custom, folder }: HomeState & { kind: 'server' }): string {
  return custom ? `a custom build (${folder})` : `build ${build}`;
}

/** A folder may hold thousands of names, and a name may hold anything. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => (/^[\w.+-]+$/.test(name) ? name : JSON.stringify(name)));
  return names.length > shown.length
    ? `${shown.join(', ')} and ${names.length - shown.length} more`
    : shown.join(', ');
}
