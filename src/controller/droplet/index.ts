import type { Reconciler } from '../reconciler.ts';
import { observeDroplet } from './observe.ts';
import { type DropletFacts, type DropletStep, planDroplet } from './plan.ts';
import { dropletStatus } from './status.ts';
import { adopt } from './steps/adopt.ts';
import { checkGone } from './steps/check-gone.ts';
import { checkMember } from './steps/check-member.ts';
import { confirmGone } from './steps/confirm-gone.ts';
import { connectMember } from './steps/connect-member.ts';
import { create } from './steps/create.ts';
import { deleteDuplicate } from './steps/delete-duplicate.ts';
import { deleteRecord } from './steps/delete-record.ts';
import { endIntent } from './steps/end-intent.ts';
import { finalize } from './steps/finalize.ts';
import { lookByName } from './steps/look-by-name.ts';
import { powerOn } from './steps/power-on.ts';
import { followPreparation, startPreparation } from './steps/prepare.ts';
import { rename } from './steps/rename.ts';
import { requestDelete } from './steps/request-delete.ts';
import { rotateMemberKey } from './steps/rotate-member-key.ts';

export const dropletReconciler: Reconciler<'Droplet', DropletFacts, DropletStep> = {
  kind: 'Droplet',
  observe: observeDroplet,
  plan: planDroplet,
  status: dropletStatus,
  steps: {
    create,
    adopt,
    'look-by-name': lookByName,
    'end-intent': endIntent,
    'check-gone': checkGone,
    'power-on': powerOn,
    rename,
    'connect-member': connectMember,
    'rotate-member-key': rotateMemberKey,
    'start-preparation': startPreparation,
    'follow-preparation': followPreparation,
    'check-member': checkMember,
    'request-delete': requestDelete,
    'confirm-gone': confirmGone,
    'delete-duplicate': deleteDuplicate,
    'delete-record': deleteRecord,
    finalize,
  },
};
