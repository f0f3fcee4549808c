import { createServer } from 'node:http';
import { stringify } from 'yaml';
import type { DropletRecord } from '../../src/simulator/records.ts';

/** Where every droplet asks who it is (https://docs.digitalocean.com/reference/api/metadata/). */
const ADDRESS = '169.254.169.254';

interface Identity {
  readonly droplet: DropletRecord;
  readonly address: string;
  readonly mac: string;
}

export interface MetadataService {
  /** `from`: the address from which the droplet asks. */
  know(from: string, identity: Identity): void;
  forget(from: string): void;
  close(): Promise<void>;
}

/**
 * DigitalOcean's metadata service, for droplets that are told apart by the address from which they ask.
 * `tamper` makes the user_data that is handed out from what it should be.
 */
export async function startMetadataService(
  tamper: (userData: string) => string = (userData) => userData,
): Promise<MetadataService> {
  const known = new Map<string, Identity>();
  const server = createServer((request, response) => {
    const identity = known.get(request.socket.remoteAddress ?? '');
    const path = request.url ?? '';
    const answer = identity && answerTo(path, identity);
    if (answer === undefined) response.writeHead(404).end('not found');
    else response.writeHead(200, { 'content-type': answer.type }).end(answer.body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(80, ADDRESS, resolve);
  });
  return {
    know(from, { droplet, ...place }) {
      known.set(from, { droplet: { ...droplet, userData: tamper(droplet.userData) }, ...place });
    },
    forget: (from) => void known.delete(from),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answerTo(path: string, { droplet, address, mac }: Identity) {
  const plain = (body: string) => ({ type: 'text/plain', body });
  switch (path) {
    case '/metadata/v1.json':
      return { type: 'application/json', body: JSON.stringify(document(droplet, address, mac)) };
    case '/metadata/v1/id':
      return plain(String(droplet.id));
    case '/metadata/v1/hostname':
      return plain(droplet.name);
    case '/metadata/v1/user-data':
      return plain(droplet.userData);
    default:
      return undefined;
  }
}

function document(droplet: DropletRecord, address: string, mac: string) {
  const { id, name, region, userData, publicKeys } = droplet;
  const ipv4 = { ip_address: address, netmask: '255.255.0.0', gateway: '10.199.0.1' };
  return {
    droplet_id: id,
    hostname: name,
    region: region.slug,
    user_data: userData,
    public_keys: publicKeys,
    vendor_data: vendorData(publicKeys.length > 0),
    interfaces: { public: [{ type: 'public', mac, ipv4 }] },
    dns: { nameservers: ['67.207.67.2'] },
  };
}

/** What the provider's images are told: with keys, no passwords. */
const vendorData = (hasKeys: boolean): string =>
  `#cloud-config\n${stringify({
    disable_root: false,
    manage_etc_hosts: true,
    ssh_pwauth: !hasKeys,
  })}`;
