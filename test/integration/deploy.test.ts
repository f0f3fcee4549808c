// Proves what can be read off the files in deploy/: that they agree with each other and with the program.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

interface Template {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly {
      readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
      readonly securityContext: object;
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
