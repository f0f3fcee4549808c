import { type Condition, isConditionTrue } from './condition.ts';

/** Where an instance stands on its way, for people. */
export const PHASES = [
  'creating_droplet',
  'waiting_for_ssh',
  'initializing',
  'completed',
  'failed',
  'deleting',
] as const;
export type Phase = (typeof PHASES)[number];

const PROGRESS: Readonly<Record<Exclude<Phase, 'failed' | 'deleting'>, number>> = {
  creating_droplet: 25,
  waiting_for_ssh: 50,
  initializing: 75,
  completed: 100,
};

/** The phase that follows from the conditions of a live instance. The first condition that is not true names the work. */
export function phaseOf(conditions: readonly Condition[]): Exclude<Phase, 'failed' | 'deleting'> {
  if (!isConditionTrue(conditions, 'DropletReady')) return 'creating_droplet';
  if (!isConditionTrue(conditions, 'SSHReady')) return 'waiting_for_ssh';
  if (!isConditionTrue(conditions, 'Initialized')) return 'initializing';
  if (!isConditionTrue(conditions, 'BotHealthy')) return 'initializing';
  return 'completed';
}

/** Percent done: 25, 50, 75 or 100. A failed instance keeps the progress of the phase in which it failed. */
export function progressOf(phase: Phase, failedIn: Phase = 'creating_droplet'): number {
  const standing = phase === 'failed' || phase === 'deleting' ? failedIn : phase;
  return standing === 'failed' || standing === 'deleting' ? 25 : PROGRESS[standing];
}
