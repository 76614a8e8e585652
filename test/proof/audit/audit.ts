import type { Machine } from '../machine/machine.js';
import { AUDIT } from '../machine/machine.js';
import type { Facts, Said } from './facts.js';
import {
  isPending,
  judgeLeftovers,
  judgeNothing,
  judgeServer,
  judgeSnapshots,
  judgeStatus,
  type Rightful,
} from './judge.js';

/** What an audit has found. */
export interface Audit {
  readonly facts: Facts;
  readonly complaints: readonly string[];
}

/** @param start a server that is down is started first, as a person would */
export async function look(machine: Machine, start: boolean): Promise<Facts> {
  const ran = await machine.box.run(['node', `${AUDIT}/look.mjs`, ...(start ? ['--start'] : [])]);
  if (ran.exitCode !== 0) throw new Error(`the audit could not look: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as Facts;
}

interface CrashWish {
  readonly start: boolean;
  /** There was no server before either: without one there is nothing to judge but what `status` says. */
  readonly mayBeNothing: boolean;
}

/**
 * After a crash: whatever stage it was in, a server with its data must come up, and `status` must say how
 * things are.
 */
export async function auditCrash(
  machine: Machine,
  rightful: readonly Rightful[],
  { start, mayBeNothing }: CrashWish,
): Promise<Audit> {
  const facts = await look(machine, start);
  const said = await saidBy(machine);
  // Link and data are two things and change one after the other. In between the machine may come up with a build on
  // data that are not its own, or not at all; that is no rightful server, and `status` must say that one waits.
  const exchanging = facts.run?.exchanging === true && isPending(facts);
  const isDown = exchanging || (facts.server === null && (!start || mayBeNothing));
  const onDisk = mayBeNothing ? [] : judgeDisk(facts, rightful);
  return {
    facts,
    complaints: [
      ...(isDown ? onDisk : judgeServer(facts, rightful)),
      ...judgeSnapshots(facts),
      ...judgeStatus(facts, said),
    ],
  };
}

/** Without a server there is only what lies on the disk. */
function judgeDisk(facts: Facts, rightful: readonly Rightful[]): string[] {
  const known = rightful.some(({ confs }) => facts.conf !== null && confs.includes(facts.conf));
  return known ? [] : [`sandstorm.conf is ${JSON.stringify(facts.conf)}`];
}

/** When it has come to an end: this state and no other, nothing pending, and if `clean` nothing left over. */
export async function auditEnd(
  machine: Machine,
  rightful: Rightful | 'nothing',
  { clean }: { readonly clean: boolean },
): Promise<Audit> {
  const facts = await look(machine, false);
  const said = await saidBy(machine);
  const complaints = [
    ...judgeStatus(facts, said),
    ...(isPending(facts) ? ['something is still pending'] : []),
  ];
  if (rightful === 'nothing') return { facts, complaints: [...complaints, ...judgeNothing(facts, clean)] };
  return {
    facts,
    complaints: [
      ...complaints,
      ...judgeServer(facts, [rightful]),
      ...judgeSnapshots(facts),
      ...(clean ? judgeLeftovers(facts, rightful) : []),
    ],
  };
}

async function saidBy(machine: Machine): Promise<Said> {
  const answer = await machine.tool(['status', '--json']);
  if (answer.exitCode !== 0) throw new Error(`status: ${JSON.stringify(answer)}`);
  return answer.result as unknown as Said;
}
