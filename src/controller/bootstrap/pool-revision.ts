import { createHash } from 'node:crypto';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import type { ControllerSettings } from '../deps.ts';
import { withImage } from '../instance/drift.ts';
import { poolEnvironment } from './environment.ts';

/**
 * Digest of everything that shapes a pool's droplet: the machine, how it lets us in, and how it is prepared. Not of the
 * password: its hash is made anew at every start; a droplet with an old one lets nobody in and is replaced for that.
 */
export function poolRevision(klass: InstanceClassSpec, settings: ControllerSettings): string {
  const { files, script } = klass.bootstrap;
  const env = Object.entries(poolEnvironment(klass, settings.botRepository)).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const droplet = withImage(klass.droplet, settings.image);
  const access = { ssh: klass.ssh, keys: settings.login.authorizedKeys };
  return createHash('sha256')
    .update(JSON.stringify({ droplet, access, files, script, env }))
    .digest('hex')
    .slice(0, 12);
}
