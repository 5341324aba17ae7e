// Certificates of a mesh on one machine, for `circuit up --tls`: one for each kind of process, and one for the domain
// server that is ready.

import { join } from 'node:path';
import { type CertFiles, daysDefault, fillCertsFolder, localHosts } from '../certs/certs-folder.ts';
import { serviceNames } from '../services.ts';
import { devAccount, devServer } from './dev-users.ts';

export type DevCerts = { readonly edge: CertFiles; readonly services: CertFiles; readonly domainServer: CertFiles };

/** Makes them anew; the authority of the folder stays. */
export function makeDevCerts(dataDir: string): DevCerts {
  const hosts = localHosts;
  const [edge, services, domainServer] = fillCertsFolder(
    certsFolderOf(dataDir),
    [
      { kind: 'edge', key: 'edge', hosts },
      { kind: 'system', key: serviceNames.join('.'), hosts },
      { kind: 'domain_server', key: devServer, accounts: [devAccount], hosts },
    ],
    daysDefault,
  ) as [CertFiles, CertFiles, CertFiles];
  return { edge, services, domainServer };
}

export function certsFolderOf(dataDir: string): string {
  return join(dataDir, 'certs');
}

/** The settings by which a process uses them. */
export function tlsSettings({ cert, key, ca }: CertFiles): Readonly<Record<string, string>> {
  return { CIRCUIT_TLS_CERT_FILE: cert, CIRCUIT_TLS_KEY_FILE: key, CIRCUIT_TLS_CA_FILE: ca };
}
