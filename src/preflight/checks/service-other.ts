import { join } from 'node:path';
import { pointsAtHome } from '../../service/points-at-home.js';
import { execStarts } from '../../service/unit-file.js';
import { fail, pass, skip, type Check } from '../check.js';

/**
 * install.sh stops and removes whatever sandstorm.service or init script it finds: a second server in
 * another folder would take the first one down for good.
 */
export const serviceOther: Check = {
  id: 'service.other',
  group: 'Server',
  title: 'Other servers',
  phases: ['install'],

  async run({ host, subject }) {
    if (subject.unprivileged) return skip('no service is made without root');
    const paths = [
      ...host.layout.systemdUnitDirs.map((dir) => join(dir, 'sandstorm.service')),
      join(host.layout.initDir, 'sandstorm'),
    ];
    const others: string[] = [];
    for (const path of paths) {
      const text = await host.files.readText(path, 64 * 1024).catch(() => undefined);
      // One with nothing in it lost its power before install.sh's words were on the disk: it starts nobody.
      if (text === undefined || text.trim() === '') continue;
      const words = [...execStarts([text]).flat(), ...text.split(/[\s="']+/)].filter((word) =>
        word.endsWith('/sandstorm'),
      );
      const ours = await Promise.all(words.map((word) => pointsAtHome(word, subject.home, host)));
      if (!ours.includes(true)) others.push(path);
    }
    if (others.length === 0) return pass('no other Sandstorm server is registered on this machine');
    return fail(`${others.join(' and ')} starts another server; install.sh would stop and remove it`, {
      fix: [
        'update that server instead: sandstorm-airgap update TARBALL --home ITS-FOLDER',
        `or rename its unit first: mv ${others[0] ?? ''} ${(others[0] ?? '').replace(/sandstorm(\.service)?$/, 'sandstorm-old$1')}`,
      ],
      facts: { others },
    });
  },
};
