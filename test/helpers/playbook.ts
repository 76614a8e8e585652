import type { Fleet } from './fleet.js';
import type { Ran } from './private-machine.js';

/** What became of a task on a host. */
export interface TaskOnHost {
  readonly changed?: boolean;
  readonly failed?: boolean;
  readonly [fact: string]: unknown;
}

interface Stats {
  readonly ok: number;
  readonly changed: number;
  readonly failures: number;
  readonly unreachable: number;
  readonly rescued: number;
}

export interface Played {
  readonly exitCode: number;
  /** All that was printed. */
  readonly said: string;
  readonly tasks: readonly { readonly name: string; readonly hosts: Readonly<Record<string, TaskOnHost>> }[];
  /** By host; none for one that was not come to. */
  readonly stats: Readonly<Record<string, Stats>>;
}

/** Plays a playbook of the collection, or a file, on the fleet; every result is told in full. */
export async function playbook(fleet: Fleet, args: string): Promise<Played> {
  return playedFrom(await fleet.sh(`ansible-playbook ${args}`, TOLD), args);
}

/** Has ansible-playbook tell all it knows. */
export const TOLD = { ANSIBLE_STDOUT_CALLBACK: 'ansible.posix.json' };

/** What ansible-playbook told of itself. @param args what it was given */
export function playedFrom(ran: Ran, args: string): Played {
  const said = ran.stdout + ran.stderr;
  const begin = ran.stdout.indexOf('{\n');
  if (begin < 0) throw new Error(`ansible-playbook ${args}: ${said}`);
  const told = JSON.parse(ran.stdout.slice(begin)) as {
    plays: { tasks: { task: { name: string }; hosts: Record<string, TaskOnHost> }[] }[];
    stats: Record<string, Stats>;
  };
  const tasks = told.plays.flatMap((play) =>
    play.tasks.map(({ task, hosts }) => ({ name: task.name, hosts })),
  );
  return { exitCode: ran.exitCode, said, tasks, stats: told.stats };
}

export function stats(played: Played, host: string): Stats {
  const found = played.stats[host];
  if (found === undefined) throw new Error(`${host} was not come to: ${played.said}`);
  return found;
}
