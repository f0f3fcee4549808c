import { getCondition } from '../resources/condition.ts';
import type {
  BootstrapStatus,
  Instance,
  InstanceStatus,
  RepairStatus,
} from '../resources/instance.ts';
import type { Turn } from '../resources/instance-class.ts';

/** One instance of a class, and the revision that it should run with. */
export interface Member {
  readonly instance: Instance;
  readonly revision: string;
}

/** How an edit of a class, or of many instances, goes through the fleet. */
export interface Rollout {
  readonly is: 'RolledOut' | 'Updating' | 'Stopped';
  readonly message: string;
  readonly instances: number;
  readonly updated: number;
  readonly updating: number;
  readonly waiting: number;
  readonly failed: number;
  readonly drifted: number;
  /** Who may begin now: no more at a time than one instance in ten. */
  readonly turns: readonly Turn[];
  /** When it may look different without anything happening; ms since the epoch. */
  readonly until: number | undefined;
}

/** No more of the fleet than this is being re-initialised at a time, and one in a small fleet. */
const SHARE = 0.1;
/** One customer's own edit that fails says little of others'; the second within the hour has them wait. */
const OWN_FAILURES = 2;
const OWN_FAILURE_MS = 3_600_000;
const TOLD_NAMES = 3;
const TOLD_CHARACTERS = 300;

const at = (time: string | undefined): number => (time ? Date.parse(time) : 0);

/** The bot has answered since the last run of the bootstrap: another run would take something away. */
export function hasServed(status: InstanceStatus | undefined): boolean {
  const { bootstrap: run, bot } = status ?? {};
  return run?.exitCode === 0 && at(bot?.lastHealthyAt) >= at(run.finishedAt);
}

/** Who is next, and whether anybody is. `turns`: who was let before; they may have begun unseen. Pure; `now` in ms since the epoch. */
export function rolloutOf(
  classRevision: string,
  fleet: readonly Member[],
  turns: readonly Turn[],
  now: number,
): Rollout {
  const members = fleet.filter(({ instance }) => !instance.metadata.deletionTimestamp);
  const are = (standing: Standing) => members.filter((member) => standingOf(member) === standing);
  const [waiting, updating, failed] = [are('waiting'), are('updating'), are('failed')];
  const slots = Math.max(1, Math.floor(members.length * SHARE));
  const stop = stopOf(failed, now);

  const granted = new Set(turns.map(({ name }) => name));
  const isOwn = ({ instance }: Member) => runOf(instance)?.classRevision === classRevision;
  const rank = (member: Member) => (granted.has(nameOf(member)) ? 0 : isOwn(member) ? 1 : 2);
  const candidates = waiting
    .filter((member) => !(isOwn(member) ? stop.own : stop.class))
    .toSorted((a, b) => rank(a) - rank(b) || (nameOf(a) < nameOf(b) ? -1 : 1));
  const busy = updating.length + failed.filter(({ instance }) => !instance.status?.failure).length;
  const next = candidates.slice(0, Math.max(0, slots - busy));

  const counts = {
    instances: members.length,
    updated: are('updated').length,
    updating: updating.length + next.length,
    waiting: waiting.length - next.length,
    failed: failed.length,
    drifted: members.filter(isDrifted).length,
  };
  const isHeld = candidates.length < waiting.length;
  const culprit = stop.class ?? (isHeld ? stop.own : undefined);
  const active = [...updating, ...next];
  const is = culprit ? 'Stopped' : active.length + counts.waiting > 0 ? 'Updating' : 'RolledOut';
  return {
    is,
    message: culprit ? told(culprit, counts) : progressOf(counts, active, slots),
    ...counts,
    turns: next.map((member) => ({ name: nameOf(member), revision: member.revision })),
    until: isHeld && !stop.class ? stop.ownUntil : undefined,
  };
}

type Standing = 'updated' | 'updating' | 'waiting' | 'failed' | 'apart';

const runOf = (instance: Instance): BootstrapStatus | undefined => instance.status?.bootstrap;
const nameOf = ({ instance }: Member): string => instance.metadata.name;
const isDrifted = ({ instance }: Member): boolean =>
  getCondition(instance.status?.conditions, 'Drifted')?.status === 'True';

/** `apart`: it is left alone, still on its way for the first time, or failed before; it takes nobody's turn and needs none. */
function standingOf({ instance, revision }: Member): Standing {
  const { spec, status } = instance;
  const run = status?.bootstrap;
  if (!status || !run || spec.paused) return 'apart';
  if (run.revision !== revision) {
    if (status.failure) return 'apart';
    if (hasServed(status)) return 'waiting';
    return run.updates ? 'updating' : 'apart';
  }
  if (run.updates && isUnwell(status, run)) return 'failed';
  if (hasServed(status) && (status.phase === 'completed' || !run.updates)) return 'updated';
  return run.updates && !status.failure ? 'updating' : 'apart';
}

/** Something went wrong with it, or goes wrong, since the run began. */
const isUnwell = (
  { failure, phase, bot, repairs }: InstanceStatus,
  run: BootstrapStatus,
): boolean =>
  failure !== undefined ||
  (run.exitCode !== undefined && run.exitCode !== 0) ||
  (bot?.failures ?? 0) > 0 ||
  (isRepair(repairs) && at(repairs?.at) >= at(run.startedAt) && phase !== 'completed');

/** A replacement that somebody asked for counts none, and tells nothing of the run. */
const isRepair = (repairs: RepairStatus | undefined): boolean =>
  repairs?.rung !== undefined || (repairs?.replacements ?? 0) > 0;

/** Who speaks against going on with the class, and with instances' own edits. */
function stopOf(failed: readonly Member[], now: number) {
  const own = failed
    .filter(({ instance }) => runOf(instance)?.updates === 'instance')
    .map((member) => ({ member, until: at(runOf(member.instance)?.startedAt) + OWN_FAILURE_MS }))
    .filter(({ until }) => until > now);
  const isMany = own.length >= OWN_FAILURES;
  return {
    class: failed.find(({ instance }) => runOf(instance)?.updates === 'class'),
    own: isMany ? own[0]?.member : undefined,
    ownUntil: isMany ? Math.min(...own.map(({ until }) => until)) : undefined,
  };
}

type Counts = Pick<Rollout, 'instances' | 'updated' | 'updating' | 'waiting' | 'failed'>;

function told(culprit: Member, { waiting, failed }: Counts): string {
  const { metadata, status } = culprit.instance;
  const others = failed > 1 ? ` (and ${failed - 1} more)` : '';
  const what = (status?.bootstrap?.problem ?? status?.message ?? '').slice(0, TOLD_CHARACTERS);
  return `Stopped: ${metadata.name}${others} was re-initialised and is not well: ${what}. ${waiting} wait. Mend what was edited, or apply what stood before`;
}

function progressOf(counts: Counts, active: readonly Member[], slots: number): string {
  const { instances, updated, waiting } = counts;
  const isUpToDate = `${updated} of ${instances} instances are up to date`;
  if (active.length + waiting === 0) return isUpToDate;
  const names = active.slice(0, TOLD_NAMES).map(nameOf).join(', ');
  const more = active.length > TOLD_NAMES ? ` and ${active.length - TOLD_NAMES} more` : '';
  const who = names ? `; ${names}${more} in hand` : '';
  return `${isUpToDate}${who}; ${waiting} wait, no more than ${slots} at a time`;
}

/** What of an instance its class's rollout depends on: a change of this text is news for the class. */
export function rolloutMark({ metadata, spec, status }: Instance): string {
  const run = status?.bootstrap;
  return JSON.stringify([
    metadata.uid,
    metadata.generation,
    metadata.deletionTimestamp !== undefined,
    spec.className,
    run?.run,
    run?.exitCode,
    run?.updates,
    hasServed(status),
    run?.updates && status?.phase === 'completed',
    run?.updates && isUnwell(status as InstanceStatus, run),
    status?.failure?.at,
    getCondition(status?.conditions, 'Drifted')?.status,
  ]);
}
