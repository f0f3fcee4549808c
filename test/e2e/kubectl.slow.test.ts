import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { eventually } from '../eventually.ts';
import { Kubectl, kubectls } from './kubectl.ts';
import { inWorld as it, type World } from './program.ts';

const NUMBER = '573332221111';
const NAME = `bot-${NUMBER}`;
const found = kubectls();
/** Each test runs with the oldest and the newest that there is; `npm run test:kubectl` with all. */
const chosen = process.env['ALL_KUBECTLS'] ? found : found.slice(0, 2);

const instance = (provider: string, more = '') => `
apiVersion: orquesta.clientfy.io/v1
kind: Instance
metadata:
  name: ${NAME}
  labels: {team: sales}
spec:
  numberphone: "${NUMBER}"
  provider: ${provider}
${more}`;

const pool = `
apiVersion: orquesta.clientfy.io/v1
kind: InstancePool
metadata: {name: warm}
spec: {replicas: 1}
`;

/** A program that speaks HTTPS with a certificate of its own, and kubectl with the kubeconfig that it prints. */
async function connected(world: World, path: string, role: 'all' | 'api'): Promise<Kubectl> {
  const tls = { TLS_SELF_SIGNED_DIR: join(world.dir, 'tls'), ORQUESTA_ROLE: role };
  const program = await world.run(tls);
  const port = new URL(program.url).port;
  const { code, stdout } = await world.orquestaWith({ ...tls, PORT: port }, 'kubeconfig');
  expect(code).toBe(0);
  // The program's own commands trust it too.
  const own = await world.orquestaWith({ ...tls, PORT: port }, 'get', 'instanceclasses');
  expect(own.stdout).toContain('default');
  expect(statSync(join(world.dir, 'tls', 'ca.pem')).mode & 0o077).toBe(0);
  return new Kubectl(path, join(world.dir, 'kubectl'), stdout);
}

describe.skipIf(found.length === 0)(
  'kubectl (there is none where this is skipped: run scripts/setup-kubectl.sh)',
  () => {
    describe.concurrent.each(chosen)('%s', (_, path) => {
      it('discovers, explains, validates and writes', async ({ world }) => {
        const kubectl = await connected(world, path, 'api');
        const [baileys, meta] = [
          kubectl.file('baileys.yaml', instance('baileys')),
          kubectl.file('meta.yaml', instance('meta')),
        ];

        // Discovery
        expect(await kubectl.ok('version')).toContain('v1.33.0+orquesta');
        expect(await kubectl.ok('cluster-info')).toContain('is running at');
        expect(await kubectl.ok('api-versions')).toContain('orquesta.clientfy.io/v1');
        expect(await kubectl.ok('api-resources', '--api-group=orquesta.clientfy.io')).toMatch(
          /instances\s+inst\s+orquesta\.clientfy\.io\/v1\s+false\s+Instance/,
        );
        expect(await kubectl.ok('get', 'orquesta', '-o', 'name')).toContain('/default');
        expect(await kubectl.ok('explain', 'instance')).toContain('one WhatsApp bot');
        expect(await kubectl.ok('explain', 'instance.spec.provider')).toContain('WhatsApp');
        expect(await kubectl.ok('explain', 'instanceclass.spec', '--recursive')).toContain(
          'timeoutSeconds',
        );
        expect(await kubectl.ok('explain', 'event.reason')).toContain('What happened');
        expect(await kubectl.ok('explain', 'instance.status.conditions')).toContain(
          'lastTransitionTime',
        );

        // Create and apply, by the client
        expect(await kubectl.ok('create', '-f', baileys, '--dry-run=server')).toContain('dry run');
        expect(await kubectl.fails('get', 'instance', NAME)).toContain('NotFound');
        expect(await kubectl.ok('apply', '-f', baileys)).toContain('created');
        expect(await kubectl.ok('apply', '-f', baileys)).toContain('unchanged');
        expect(await kubectl.fails('create', '-f', baileys)).toContain('AlreadyExists');
        const difference = await kubectl.say(['diff', '-f', meta]);
        expect(difference.code).toBe(1);
        expect(difference.stdout).toMatch(/-\s+provider: baileys\n\+\s+provider: meta/);
        expect(await kubectl.ok('apply', '-f', meta, '--dry-run=server')).toContain(
          'server dry run',
        );
        expect(await kubectl.ok('get', 'inst', '-o', 'jsonpath={.items[*].spec.provider}')).toBe(
          'baileys',
        );
        expect(await kubectl.ok('apply', '-f', meta)).toContain('configured');

        // Wrong input
        const pigeon = kubectl.file('pigeon.yaml', instance('pigeon'));
        expect(await kubectl.fails('apply', '-f', pigeon)).toMatch(/spec\.provider.*pigeon/s);
        const bogus = kubectl.file('bogus.yaml', instance('meta', '  bogus: 1'));
        expect(await kubectl.fails('apply', '-f', bogus)).toContain('bogus');
        const other = kubectl.file(
          'other.yaml',
          instance('meta').replace(`"${NUMBER}"`, '"573330000000"'),
        );
        expect(await kubectl.fails('apply', '-f', other)).toContain('spec.numberphone');

        // Show
        const wide = await kubectl.ok('get', 'instances', '-o', 'wide');
        for (const column of [
          'NUMBER',
          'PROVIDER',
          'PHASE',
          'READY',
          'WHATSAPP',
          'IP',
          'DROPLET',
          'RESTARTS',
          'AGE',
          'MESSAGE',
        ]) {
          expect(wide).toContain(column);
        }
        expect(await kubectl.ok('get', 'inst', '-l', 'team=sales', '-o', 'name')).toContain(NAME);
        expect(await kubectl.ok('get', 'inst', '-l', 'team!=sales', '-o', 'name')).toBe('');
        expect(
          await kubectl.ok('get', 'inst', '--field-selector', 'spec.provider=meta', '-o', 'name'),
        ).toContain(NAME);
        expect(await kubectl.ok('get', 'inst', NAME, '-o', 'yaml')).toContain('className: default');
        expect(
          await kubectl.ok('get', 'inst', '--sort-by=.metadata.name', '--show-labels'),
        ).toContain('team=sales');

        // Edit in place
        expect(await kubectl.ok('label', 'inst', NAME, 'x=y')).toContain('labeled');
        expect(await kubectl.ok('annotate', 'inst', NAME, 'note=hello')).toContain('annotate');
        expect(
          await kubectl.ok('patch', 'inst', NAME, '--type=merge', '-p', '{"spec":{"paused":true}}'),
        ).toContain('patched');
        expect(
          await kubectl.ok('patch', 'inst', NAME, '--type=merge', '-p', '{"spec":{"paused":true}}'),
        ).toContain('no change');
        expect(
          await kubectl.ok(
            'patch',
            'inst',
            NAME,
            '--type=json',
            '-p',
            '[{"op":"test","path":"/spec/paused","value":true},{"op":"replace","path":"/spec/paused","value":false}]',
          ),
        ).toContain('patched');
        expect(await kubectl.fails('patch', 'inst', NAME, '-p', '{}')).toMatch(
          /not supported|unknown format/,
        );
        const edited = await kubectl.say(['edit', 'inst', NAME], {
          EDITOR: 'sed -i s/hello/world/',
        });
        expect(edited.stdout).toContain('edited');
        expect(await kubectl.ok('replace', '-f', baileys)).toContain('replaced');
        expect(
          await kubectl.ok('get', 'inst', NAME, '-o', 'jsonpath={.metadata.finalizers}'),
        ).toContain('cloud');

        // Apply, by the server
        expect(await kubectl.ok('apply', '--server-side', '-f', baileys)).toContain(
          'serverside-applied',
        );
        expect(
          await kubectl.ok(
            'patch',
            'inst',
            NAME,
            '--type=merge',
            '--field-manager=me',
            '-p',
            '{"spec":{"provider":"meta"}}',
          ),
        ).toContain('patched');
        expect(await kubectl.fails('apply', '--server-side', '-f', baileys)).toMatch(
          /conflict with "me".*\.spec\.provider/s,
        );
        expect(
          await kubectl.ok('apply', '--server-side', '--force-conflicts', '-f', baileys),
        ).toContain('serverside-applied');

        // Scale
        const warm = kubectl.file('pool.yaml', pool);
        await kubectl.ok('create', '-f', warm);
        expect(await kubectl.ok('scale', 'instancepool', 'warm', '--replicas=3')).toContain(
          'scaled',
        );
        expect(
          await kubectl.ok('scale', 'ipool/warm', '--current-replicas=3', '--replicas=0'),
        ).toContain('scaled');
        expect(
          await kubectl.fails('scale', 'ipool/warm', '--current-replicas=9', '--replicas=1'),
        ).toMatch(/replicas/);
        expect(await kubectl.ok('get', 'ipool', 'warm', '-o', 'jsonpath={.spec.replicas}')).toBe(
          '0',
        );

        // May I?
        expect(await kubectl.ok('auth', 'can-i', 'delete', 'instances')).toContain('yes');
        expect(await kubectl.ok('auth', 'can-i', '--list')).toContain('orquesta.clientfy.io');

        // Finalizers hold it; without a controller nobody takes them off but us.
        expect(
          await kubectl.ok('delete', 'inst', NAME, '--cascade=foreground', '--wait=false'),
        ).toContain('deleted');
        expect(
          await kubectl.ok('get', 'inst', NAME, '-o', 'jsonpath={.metadata.finalizers}'),
        ).toContain('foregroundDeletion');
        expect(
          await kubectl.ok(
            'patch',
            'inst',
            NAME,
            '--type=merge',
            '-p',
            '{"metadata":{"finalizers":null}}',
          ),
        ).toContain('patched');
        expect(await kubectl.fails('get', 'inst', NAME)).toContain('NotFound');

        // Prune
        const klass = (name: string) =>
          `apiVersion: orquesta.clientfy.io/v1\nkind: InstanceClass\nmetadata: {name: ${name}, labels: {set: a}}\n---\n`;
        const two = kubectl.file('two.yaml', klass('one') + klass('two'));
        const one = kubectl.file('one.yaml', klass('one'));
        expect(await kubectl.ok('apply', '-f', two)).toContain(
          'instanceclass.orquesta.clientfy.io/two created',
        );
        const isOld = (await kubectl.ok('apply', '--help')).includes('prune-whitelist');
        const list = isOld ? '--prune-whitelist' : '--prune-allowlist';
        expect(
          await kubectl.ok(
            'apply',
            '-f',
            one,
            '--prune',
            '-l',
            'set=a',
            `${list}=orquesta.clientfy.io/v1/InstanceClass`,
          ),
        ).toContain('two pruned');

        // Every file of manifests/
        const files = ['-f', 'manifests/classes', '-f', 'manifests/examples'];
        expect(await kubectl.ok('apply', ...files)).toContain('bot-573332220001 created');
        expect(await kubectl.ok('apply', '--server-side', '--force-conflicts', ...files)).toContain(
          'web-1 serverside-applied',
        );
      });

      it('follows a bot from its manifest to its end', async ({ world }) => {
        const kubectl = await connected(world, path, 'all');
        const watched = kubectl.follow('get', 'instances', '-w');
        const file = kubectl.file('bot.yaml', instance('baileys'));
        await kubectl.ok('apply', '-f', file);
        expect(
          await kubectl.ok('wait', '--for=condition=Ready', `instance/${NAME}`, '--timeout=55s'),
        ).toContain('condition met');
        await eventually('the watch shows it', () => /completed\s+True/.test(watched.text()));
        await watched.end();
        const told = await kubectl.ok('describe', 'instance', NAME);
        expect(told).toMatch(/Events:\n.*Type\s+Reason/s);
        expect(told).toMatch(/Normal/);
        expect(await kubectl.ok('get', 'events')).toContain(`instance/${NAME}`);
        expect(await kubectl.ok('get', 'droplets')).toMatch(/active/);
        // Waits until it is gone, as it does by default.
        await kubectl.ok('delete', '-f', file);
        expect(await kubectl.ok('get', 'instances', '-o', 'name')).toBe('');
        expect(world.live()).toBe(0);
      });
    });
  },
);
