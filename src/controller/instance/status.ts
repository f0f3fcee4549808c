import { LINKED } from '../../bot/bot.ts';
import { type Condition, type ConditionUpdate, setCondition } from '../../resources/condition.ts';
import type { BotEndpoint, Instance, InstanceStatus } from '../../resources/instance.ts';
import { phaseOf, progressOf } from '../../resources/phase.ts';
import { type Plan, reasonOf } from '../reconciler.ts';
import { driftCondition } from './drift.ts';
import type { InstanceFacts, InstanceStep } from './facts.ts';
import { isAwaitingTurn } from './plan-bootstrap.ts';
import { isBotHealthy } from './plan-bot.ts';

const DEFAULT_THRESHOLD = 3;

/** What people and programs see of an instance while `plan` is carried out: conditions first, the phase follows from them. Pure. */
export function instanceStatus(
  instance: Instance,
  facts: InstanceFacts,
  plan: Plan<InstanceStep>,
  now: number,
): InstanceStatus {
  const { metadata } = instance;
  const old = instance.status;
  const time = new Date(now).toISOString();
  const conditions = conditionsOf(instance, facts, plan).reduce<readonly Condition[]>(
    (list, update) =>
      setCondition(list, { ...update, observedGeneration: metadata.generation }, time),
    old?.conditions ?? [],
  );
  const standing = phaseOf(conditions);
  const failure =
    'fail' in plan
      ? {
          reason: plan.fail,
          message: plan.why,
          phase: standing,
          generation: metadata.generation,
          classVersion: facts.classVersion,
          at: time,
        }
      : old?.failure;
  const phase = metadata.deletionTimestamp ? 'deleting' : failure ? 'failed' : standing;
  const machine = ours(instance, facts)?.status;
  const wasOff = 'wait' in plan && plan.wait === 'DropletOff';
  return {
    ...old,
    observedGeneration: metadata.generation,
    phase,
    progress: progressOf(phase, failure?.phase ?? standing),
    message: plan.why,
    conditions,
    dropletName: old?.dropletName ?? ours(instance, facts)?.metadata.name,
    dropletId: machine?.id,
    dropletState: machine?.state,
    ip: machine?.ip,
    phaseStartedAt: old?.phase === phase ? old.phaseStartedAt : time,
    restarts: old?.restarts ?? 0,
    failure,
    ssh: wasOff && old?.ssh ? { ...old.ssh, isUp: false } : old?.ssh,
    // A bot can't answer while its machine is off: that is not its own failure.
    endpoint: endpointOf(old, facts),
    bot: wasOff && old?.bot ? { ...old.bot, startedAt: time, failures: 0 } : old?.bot,
  };
}

/** As the class says it, from when the droplet was prepared so; until then as it was before. */
function endpointOf(
  status: InstanceStatus | undefined,
  { class: klass, revision }: InstanceFacts,
): BotEndpoint | undefined {
  const { bootstrap: run, endpoint } = status ?? {};
  if (!klass || run?.revision !== revision || run.exitCode !== 0) return endpoint;
  const { service, qrPort, panelPort, statusPath } = klass.bot;
  return { service, qrPort, panelPort, statusPath };
}

function ours({ metadata }: Instance, { droplet }: InstanceFacts): InstanceFacts['droplet'] {
  return droplet?.metadata.ownerReferences?.some((owner) => owner.uid === metadata.uid)
    ? droplet
    : undefined;
}

/** In the order of the way: what is not true yet after the first such condition just waits its turn. */
function conditionsOf(
  instance: Instance,
  facts: InstanceFacts,
  plan: Plan<InstanceStep>,
): Omit<ConditionUpdate, 'observedGeneration'>[] {
  const { status } = instance;
  const droplet = ours(instance, facts);
  const machine = droplet?.metadata.deletionTimestamp ? undefined : droplet?.status;
  const id = machine?.id;
  const threshold = facts.class?.health.failureThreshold ?? DEFAULT_THRESHOLD;
  const run = status?.bootstrap;

  const isPlaced = id !== undefined && machine?.ip !== undefined && machine.state !== 'off';
  const isReachable = isPlaced && status?.ssh?.dropletId === id && status.ssh.isUp;
  // Whoever is left alone keeps what it has, whatever is wished meanwhile.
  const isLeftAlone = instance.spec.paused || !facts.class;
  const isCurrent =
    run?.revision === facts.revision || isLeftAlone || isAwaitingTurn(status, id, facts);
  const isPrepared = isReachable && run?.dropletId === id && isCurrent && run.exitCode === 0;
  const isWell = isPrepared && isBotHealthy(status, threshold);
  const way: [type: string, isTrue: boolean, reason: string, message: string][] = [
    ['DropletReady', isPlaced, 'Running', `Droplet ${id} is at ${machine?.ip}`],
    ['SSHReady', isReachable, 'Connected', 'An SSH session was opened with the pinned host key'],
    ['Initialized', isPrepared, 'BootstrapSucceeded', 'The bootstrap ended with exit code 0'],
    ['BotHealthy', isWell, 'Answering', 'The bot answers'],
    [
      'Ready',
      isWell && !('fail' in plan) && !status?.failure,
      'Completed',
      'The bot is up and its QR is there to scan',
    ],
  ];
  const reason = reasonOf(plan);
  let isBlocked = false;
  const conditions = way.map(([type, isTrue, trueReason, message]) => {
    if (isTrue && type === 'Ready' && !facts.class) {
      // Nobody looks after it: it answered when somebody last did.
      return { type, status: 'Unknown' as const, reason, message: plan.why };
    }
    if (isTrue) return { type, status: 'True' as const, reason: trueReason, message };
    const isFirst = !isBlocked;
    isBlocked = true;
    return isFirst || type === 'Ready'
      ? { type, status: 'False' as const, reason, message: plan.why }
      : {
          type,
          status: 'False' as const,
          reason: 'Pending',
          message: 'Waits for the steps before it',
        };
  });
  const present = droplet?.metadata.deletionTimestamp ? undefined : droplet;
  return [
    ...conditions,
    whatsApp(isWell, status?.bot?.session),
    driftCondition(present, facts.wanted, status?.session?.savedAt !== undefined),
  ];
}

function whatsApp(
  isWell: boolean,
  session: string | undefined,
): Omit<ConditionUpdate, 'observedGeneration'> {
  if (!isWell || !session) {
    return {
      type: 'WhatsAppLinked',
      status: 'Unknown',
      reason: 'NoReport',
      message: 'The bot has not told',
    };
  }
  return session === LINKED
    ? {
        type: 'WhatsAppLinked',
        status: 'True',
        reason: 'Connected',
        message: 'The number is linked',
      }
    : {
        type: 'WhatsAppLinked',
        status: 'False',
        reason: 'NotLinked',
        message: `The bot reports "${session}"`,
      };
}
