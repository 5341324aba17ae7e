// A mesh of real processes to be measured, with its limits for people lifted: load generators are none.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { devKeysIn } from '../../cli/up/dev-keys.ts';
import { openIssuer } from '../../mesh/auth/issuer.ts';
import { asymmetricKey } from '../../mesh/auth/token-key.ts';
import { circuit, dataFolder, startMesh, type TestMesh } from '../../tests/processes/running-mesh.ts';

export const account = '900000000001';

export type BenchMesh = {
  readonly mesh: TestMesh;
  readonly port: number;
  /** `host:port` of the services' gRPC. */
  readonly grpc: string;
  readonly storeUri: string;
  /** Process ids by name: store, services, edge. */
  readonly processes: Readonly<Record<string, number>>;
  tokenOf(userKey: string): Promise<string>;
  serviceToken(): Promise<string>;
  close(): Promise<void>;
};

const unlimited = {
  CIRCUIT_LOG_LEVEL: 'warn',
  CIRCUIT_RATE: '1000000',
  CIRCUIT_RATE_BURST: '1000000',
  CIRCUIT_SOCKETS_PER_ADDRESS: '100000',
  CIRCUIT_SOCKETS_PER_USER: '1000',
  CIRCUIT_REQUESTS_IN_FLIGHT: '1000',
};

export async function openBenchMesh(): Promise<BenchMesh> {
  const folder = await dataFolder();
  const store = await openStoreProcess(join(folder.path, 'bench-store'));
  const mesh = await startMesh(folder.path, { ...unlimited, MONGODB_URI: store.uri });
  const pem = readFileSync(devKeysIn(folder.path).tokenKeyFile, 'utf8');
  const issuer = openIssuer({ key: asymmetricKey(pem), issuer: 'circuit', audience: 'circuit' });
  const { grpc, url, processes } = await mesh.state();
  return {
    mesh,
    port: Number(new URL(url).port),
    grpc,
    storeUri: store.uri,
    processes: { store: store.pid, services: processes.services!, edge: processes.edge! },
    tokenOf: (userKey) =>
      issuer.issueUser({ userKey, accountKey: account, displayName: `User ${userKey}`, sessionId: userKey }),
    serviceToken: () => issuer.issueService({ kind: 'domain_server', key: 'bench', accountKeys: [account] }),
    async close() {
      await mesh.stop();
      await store.close();
      await folder.remove();
    },
  };
}

export type StoreProcess = { readonly uri: string; readonly pid: number; close(): Promise<void> };

export async function openStoreProcess(dataDir: string): Promise<StoreProcess> {
  const child = spawn(process.execPath, [circuit, 'store', '--data', dataDir, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const uri = await listening(child);
  return {
    uri,
    pid: child.pid!,
    close: () =>
      new Promise((resolve) => {
        child.once('close', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

async function listening(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const said = line.startsWith('{') ? (JSON.parse(line) as { listening?: string }) : {};
    if (said.listening) return said.listening;
  }
  throw new Error('the store ended before it listened');
}
