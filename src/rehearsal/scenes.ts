import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import type { CalmUi } from './calm-ui.js';

export interface Scene {
  readonly scene: string;
  /** What a person types to have this done for real. */
  readonly command: string;
  readonly asExpected: boolean;
  /** What was seen. */
  readonly said: string;
}

export type Seen = Pick<Scene, 'asExpected' | 'said'>;

export interface Stage {
  readonly scenes: readonly Scene[];
  /** Plays one scene; what it throws is what was seen, unless the person stopped the whole play. */
  play(scene: string, command: string, act: () => Promise<Seen>): Promise<void>;
}

export function openStage(host: Host, ui: CalmUi): Stage {
  const scenes: Scene[] = [];
  return {
    scenes,
    async play(scene, command, act) {
      if (scenes.length > 0) ui.beBrief();
      ui.say(`\n  ── ${scene}\n`);
      ui.say(`  $ ${command}\n`);
      const seen = await act().catch((error: unknown): Seen => {
        if (host.interrupted.aborted) throw error;
        return { asExpected: false, said: wordsOf(error) };
      });
      await ui.flush();
      scenes.push({ scene, command, ...seen });
    },
  };
}

function wordsOf(error: unknown): string {
  if (error instanceof Refusal) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
