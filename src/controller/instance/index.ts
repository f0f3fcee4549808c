import type { Reconciler } from '../reconciler.ts';
import type { InstanceFacts, InstanceStep } from './facts.ts';
import { observeInstance } from './observe.ts';
import { planInstance } from './plan.ts';
import { instanceStatus } from './status.ts';
import { adoptDroplet } from './steps/adopt-droplet.ts';
import { awaitBot, checkBot } from './steps/check-bot.ts';
import { claim, giveUpDroplet, releaseClaim, takeDroplet } from './steps/claim.ts';
import { connect } from './steps/connect.ts';
import { createDroplet } from './steps/create-droplet.ts';
import { deleteDroplet } from './steps/delete-droplet.ts';
import { finalize } from './steps/finalize.ts';
import { followBootstrap } from './steps/follow-bootstrap.ts';
import { orphanDroplet } from './steps/orphan-droplet.ts';
import { pause, resume } from './steps/pause.ts';
import { reboot } from './steps/reboot.ts';
import { replaceDroplet } from './steps/replace-droplet.ts';
import { restartService } from './steps/restart-service.ts';
import { rotateHostKey } from './steps/rotate-host-key.ts';
import { saveSession } from './steps/save-session.ts';
import { startAnew } from './steps/start-anew.ts';
import { startBootstrap } from './steps/start-bootstrap.ts';
import { sweep } from './steps/sweep.ts';

export const instanceReconciler: Reconciler<'Instance', InstanceFacts, InstanceStep> = {
  kind: 'Instance',
  observe: observeInstance,
  plan: planInstance,
  status: instanceStatus,
  steps: {
    sweep,
    'create-droplet': createDroplet,
    'adopt-droplet': adoptDroplet,
    claim,
    'give-up-droplet': giveUpDroplet,
    'take-droplet': takeDroplet,
    'release-claim': releaseClaim,
    'start-anew': startAnew,
    pause,
    resume,
    connect,
    'rotate-host-key': rotateHostKey,
    'start-bootstrap': startBootstrap,
    'follow-bootstrap': followBootstrap,
    'await-bot': awaitBot,
    'check-bot': checkBot,
    'save-session': saveSession,
    'restart-service': restartService,
    reboot,
    'replace-droplet': replaceDroplet,
    'delete-droplet': deleteDroplet,
    'orphan-droplet': orphanDroplet,
    finalize,
  },
};
