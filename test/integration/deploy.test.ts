// Proves what can be read off the files in deploy/: that they agree with each other and with the program.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { kubectlForKustomize } from '../e2e/kubectl.ts';
import { anApi } from './api-app.ts';

interface Template {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly {
      readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
      readonly securityContext: object;
      readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: string[] } } };
      readonly env: readonly { readonly name: string; readonly value: string }[];
    }[];
    readonly terminationGracePeriodSeconds: number;
  };
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly template?: Template;
    readonly selector?: {
      readonly matchLabels?: Readonly<Record<string, string>>;
    };
  };
}

const FOLDER = 'deploy/kubernetes';
const manifests = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
  .flatMap((file) => {
    const documents = parseAllDocuments(readFileSync(`${FOLDER}/${file}`, 'utf8'));
    return (Array.isArray(documents) ? documents : []).map((one) => {
      expect(one.errors, file).toEqual([]);
      return one.toJS() as Manifest;
    });
  });
const directives = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('deploy/kubernetes', () => {
  test('kustomization.yaml names every file', () => {
    const { resources } = parse(readFileSync(`${FOLDER}/kustomization.yaml`, 'utf8')) as {
      resources: string[];
    };
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
    expect([...resources, 'kustomization.yaml'].sort()).toEqual(files.sort());
  });

  test('its Redis keeps what redis.conf asks for', () => {
    const ours = directives('redis.conf').filter((line) => !line.startsWith('bind '));
    expect(directives(`${FOLDER}/redis.conf`)).toEqual(expect.arrayContaining(ours));
  });

  test('every workload, disruption budget and service finds the pods that it means', () => {
    const pods = manifests.flatMap(({ spec }) => (spec?.template ? [spec.template] : []));
    expect(pods).toHaveLength(3);
    for (const { kind, metadata, spec } of manifests) {
      if (!['Deployment', 'StatefulSet', 'PodDisruptionBudget', 'Service'].includes(kind)) continue;
      const wanted = spec?.selector?.matchLabels ?? (spec?.selector as Record<string, string>);
      const found = pods.filter((pod) =>
        Object.entries(wanted).every(([key, value]) => pod.metadata.labels[key] === value),
      );
      expect(found, `${kind} ${metadata.name}`).toHaveLength(1);
    }
  });

  test('Prometheus gets in wherever there are metrics, and nobody else to a controller', () => {
    const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
    const letIn = (component: string) => {
      const policy = policies.find(({ metadata }) => metadata.name === `orquesta-${component}`);
      return [...JSON.stringify(policy).matchAll(/clientfy\.io\/(may-\w+)":"true"/g)].map(
        ([, label]) => label,
      );
    };
    expect(letIn('controller')).toEqual(['may-scrape']);
    expect(letIn('api')).toEqual(['may-call', 'may-scrape']);
  });

  test('a pod of the API goes on answering until nobody is sent to it any more, and has time left to stop', () => {
    const pod = manifests.find(({ metadata }) => metadata.name === 'orquesta-api')?.spec?.template;
    const { containers, terminationGracePeriodSeconds: grace = 0 } = pod?.spec ?? {};
    const [program, seconds] = containers?.[0]?.lifecycle?.preStop.exec.command ?? [];
    expect([program, Number(seconds)]).toEqual(['sleep', 5]);
    expect(grace - 5).toBeGreaterThan(9);
  });

  test('names are asked for where nodes keep them, too', () => {
    const policy = manifests.find(({ metadata }) => metadata.name === 'orquesta-names');
    expect(JSON.stringify(policy)).toContain('{"ipBlock":{"cidr":"169.254.20.10/32"}}');
  });

  test('pods may do what the restricted standard allows, and are given the time that a stop takes', () => {
    for (const { spec } of manifests) {
      if (!spec?.template) continue;
      const { containers, terminationGracePeriodSeconds } = spec.template.spec;
      expect(terminationGracePeriodSeconds).toBeGreaterThan(9);
      for (const { securityContext } of containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });
});

test('the image holds what the program reads when it runs, and runs as nobody in particular', () => {
  const dockerfile = readFileSync('Dockerfile', 'utf8');
  const final = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
  for (const path of ['package.json', 'node_modules', 'manifests', 'dist']) {
    expect(final).toContain(`/app/${path}`);
  }
  expect(final).toMatch(/^USER 1000:1000$/m);
  expect(final).toMatch(/^HEALTHCHECK /m);
});

test('the compose file gives every service a health check of its own or of its image, and no port to the world', () => {
  const { services } = parse(readFileSync('deploy/compose.yaml', 'utf8'), { merge: true }) as {
    services: Record<string, { ports?: string[]; read_only: boolean; cap_drop: string[] }>;
  };
  expect(Object.keys(services)).toEqual(['api', 'controller', 'redis']);
  for (const service of Object.values(services)) {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

test('the API is given nothing that opens the account or a droplet', () => {
  const { services } = parse(readFileSync('deploy/compose.yaml', 'utf8'), { merge: true }) as {
    services: Record<string, { environment: Record<string, string>; secrets: string[] }>;
  };
  const pod = manifests.find(({ metadata }) => metadata.name === 'orquesta-api')?.spec?.template;
  const given = new Map(pod?.spec.containers[0]?.env.map(({ name, value }) => [name, value]));
  for (const name of [
    'DIGITALOCEAN_TOKEN',
    'DIGITALOCEAN_SSH_PASSWORD',
    'SSH_PRIVATE_KEY_FILE',
    'ORQUESTA_ENCRYPTION_KEY',
  ]) {
    expect([services['api']?.environment[name], given.get(name)]).toEqual(['', '']);
  }
  expect(services['api']?.secrets).toEqual([]);
  const mounting = manifests.flatMap(({ metadata, spec }) =>
    JSON.stringify(spec?.template?.spec ?? {}).includes('orquesta-ssh') ? [metadata.name] : [],
  );
  expect(mounting).toEqual(['orquesta-controller']);
  expect(services['controller']?.secrets).toEqual(['ssh_private_key']);
});

test('the image asks after its health by HTTPS where the program speaks it', () => {
  const code = /CMD \["node", "-e", "(.*)"\]/.exec(readFileSync('Dockerfile', 'utf8'))?.[1] ?? '';
  for (const [name, scheme] of [
    ['TLS_CERT_FILE', 'https'],
    ['TLS_SELF_SIGNED_DIR', 'https'],
    ['PORT', 'http'],
  ] as const) {
    const env: Record<string, string> = { PORT: '3000', [name]: '3000' };
    let asked = '';
    const fetch = (url: string) => {
      asked = url;
      return Promise.resolve({ ok: true });
    };
    new Function('process', 'fetch', code)({ env, exit: () => {} }, fetch);
    expect(asked).toBe(`${scheme}://127.0.0.1:3000/healthz`);
  }
});

/** All that the program reads, as its example tells; and what its images, Node.js, Redis and systemd read. */
const SETTINGS = new Set([
  ...(readFileSync('.env.example', 'utf8').match(/^#? ?[A-Z][A-Z0-9_]+(?==)/gm) ?? []).map((name) =>
    name.replace(/^#? ?/, ''),
  ),
  ...['NODE_ENV', 'NODE_TLS_REJECT_UNAUTHORIZED', 'REDISCLI_AUTH', 'STATE_DIRECTORY'],
]);

test('every variable that a file in deploy/ or the Dockerfile names is one that somebody reads', () => {
  const named = new Map<string, string>();
  const files = [
    'Dockerfile',
    'deploy/compose.yaml',
    'deploy/compose.simulator.yaml',
    ...['kubernetes', 'systemd'].flatMap((folder) =>
      readdirSync(`deploy/${folder}`).map((file) => `deploy/${folder}/${file}`),
    ),
  ].filter((file) => !file.endsWith('redis.conf'));
  for (const file of files) {
    const text = readFileSync(file, 'utf8').replace(/^\s*#.*$/gm, '');
    const patterns = [/\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b/g, /^ENV (\w+)=/gm, /[ {](HOST|PORT)[:=]/g];
    for (const pattern of patterns) {
      for (const [, name = ''] of text.matchAll(pattern)) named.set(name, file);
    }
  }
  // Words of systemd's own, and what Compose reads itself.
  for (const own of ['AF_INET', 'AF_INET6', 'AF_NETLINK', 'AF_UNIX', 'ORQUESTA_IMAGE'])
    named.delete(own);
  expect([...named].filter(([name]) => !SETTINGS.has(name))).toEqual([]);
  expect(named.size).toBeGreaterThan(8);
});

test('every probe and health check asks for a path that the program serves without a key', async () => {
  const asked = [
    ...manifests.flatMap((one) => JSON.stringify(one).match(/"path":"\/[a-z]+"/g) ?? []),
  ].map((found) => /"(\/[a-z]+)"/.exec(found)?.[1] ?? '');
  asked.push(/(\/\w+)`\)/.exec(readFileSync('Dockerfile', 'utf8'))?.[1] ?? '');
  expect(asked.length).toBeGreaterThan(4);
  const api = await anApi();
  for (const path of new Set(asked)) {
    const { status } = await api.app.request(path);
    expect([path, status]).not.toEqual([path, 404]);
    expect([path, status]).not.toEqual([path, 401]);
  }
  await api.close();
});

const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;

const kubectl = kubectlForKustomize();

test.skipIf(kubectl === '')('kustomize builds the manifests', () => {
  const dir = mkdtempSync(join(tmpdir(), 'orquesta-kustomize-'));
  try {
    cpSync(FOLDER, dir, { recursive: true });
    cpSync(join(dir, 'secret.env.example'), join(dir, 'secret.env'));
    const { status, stdout, stderr } = spawnSync(kubectl, ['kustomize', dir], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    const kinds = parseAllDocuments(stdout).map((one) => (one.toJS() as Manifest).kind);
    // Octal to it, as it is meant: the user of the pod reads the SSH key by its group.
    expect(stdout).toContain(`defaultMode: ${0o440}\n`);
    for (const kind of [
      'Deployment',
      'Service',
      'PodDisruptionBudget',
      'NetworkPolicy',
      'Secret',
    ]) {
      expect(kinds).toContain(kind);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test.skipIf(!has('systemd-analyze', '--version'))(
  'systemd finds nothing wrong with the units',
  () => {
    const dir = mkdtempSync(join(tmpdir(), 'orquesta-units-'));
    try {
      cpSync('deploy/systemd', dir, { recursive: true });
      cpSync(join(dir, 'orquesta@.service'), join(dir, 'orquesta@api.service'));
      const units = readdirSync(dir).filter((name) => !name.includes('@.'));
      const { status, stderr } = spawnSync(
        'systemd-analyze',
        ['verify', ...units.map((name) => join(dir, name))],
        {
          encoding: 'utf8',
        },
      );
      // Of other units of this machine nothing is asked.
      const ours = stderr.split('\n').filter((line) => line.includes('orquesta'));
      expect([status, ours]).toEqual([0, []]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
);

test('no command of the docs lets others on the machine read a key', () => {
  const files = ['README.md', 'README.es.md', ...readdirSync('docs').map((one) => `docs/${one}`)];
  const commands = [...files, 'deploy/compose.simulator.yaml', 'deploy/compose.yaml']
    .filter((file) => /\.(md|yaml)$/.test(file))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .filter((line) => /kubeconfig > |\.env\.example |secret\.env\.example /.test(line))
    .map((line) => line.trim());
  expect(commands.length).toBeGreaterThan(6);
  expect(commands.filter((line) => !/umask 077|install -m 600/.test(line))).toEqual([]);
});
