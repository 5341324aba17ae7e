// `circuit up`: everything on this machine, until Ctrl-C. This is what `npm start` runs, and with two of each
// `npm run mesh`.

import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, loadConfig } from '../../mesh/config/config.ts';
import { openLog } from '../../mesh/telemetry/log.ts';
import { withSettings } from '../process/failure.ts';
import { issuerFor } from '../process/identity.ts';
import { toldToEnd } from '../process/told-to-end.ts';
import { UsageError } from '../process/usage-error.ts';
import { type Claim, claim } from '../up/claim.ts';
import { environmentWithDevKeys } from '../up/dev-keys.ts';
import { devAccount, devServer, devUsers, registerDevUsers } from '../up/dev-users.ts';
import { LogFile } from '../up/log-file.ts';
import { Mesh } from '../up/mesh.ts';
import { countMax, type Plan, type PlannedMesh, type PlannedProcess } from '../up/plan.ts';
import { isFree } from '../up/ports.ts';
import { openScreen, type Screen } from '../up/screen.ts';

/** Added to the drain time before a process that does not end is killed. */
const endMarginMs = 5_000;
const devDrainMs = 1_000;

export async function run(args: readonly string[]): Promise<void> {
  const { verbose, plan } = optionsOf(args);
  const startedAt = Date.now();
  const config = loadConfig(undefined, { CIRCUIT_MODE: 'dev', ...process.env });
  const dataDir = resolve(config.dataDir);
  await withSettings('CIRCUIT_DATA', () => {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  });
  const files = new Map<string, LogFile>();
  const screen = openScreen({
    write: (text) => process.stdout.write(text),
    colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
    verbose,
    fileOf: (name) => files.get(name) ?? openFile(files, name, dataDir),
  });
  const drainMs = process.env.CIRCUIT_DRAIN ? config.drainMs : devDrainMs;
  const mesh = new Mesh({
    dataDir,
    environment: process.env,
    plan,
    ports: { edge: config.port, grpc: grpcPortOf(config) },
    screen,
    endWithinMs: drainMs + endMarginMs,
  });
  const claimed = await claimOrRefuse(dataDir, mesh);
  process.on('exit', () => mesh.kill());
  const end = toldToEnd(openLog({ level: 'silent' }));
  try {
    await demandPorts(config, plan);
    const up = startMesh(mesh, dataDir, screen, startedAt);
    await Promise.race([up, end]);
    // Told to end while it starts: what then fails is of no interest any more.
    up.catch(() => {});
    const signal = await end;
    screen.say(`${signal === 'SIGINT' ? 'Ctrl-C' : signal}: ending in order; once more to end at once`);
  } finally {
    await mesh.stop();
    await claimed.close();
    for (const file of files.values()) file.close();
  }
  screen.say('ended');
}

async function startMesh(mesh: Mesh, dataDir: string, screen: Screen, startedAt: number): Promise<void> {
  const planned = await mesh.start();
  const { grpc } = mesh.state;
  const config = loadConfig(
    undefined,
    environmentWithDevKeys({ CIRCUIT_MODE: 'dev', ...process.env, CIRCUIT_DATA: dataDir }),
  );
  const issuer = issuerFor(config);
  const service = { kind: 'domain_server', key: devServer, accountKeys: [devAccount] } as const;
  const token = await issuer?.issueService(service);
  if (token !== undefined && config.mode === 'dev') await registerDevUsers(grpc, token, mesh.certs?.domainServer);
  mesh.markReady();
  screen.say(`ready in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s\n${welcome(config, mesh, token, planned)}`);
}

function welcome(config: Config, { state, certs }: Mesh, token: string | undefined, planned: PlannedMesh): string {
  const dataDir = relative(process.cwd(), config.dataDir) || '.';
  const users = devUsers.map(({ displayName, userKey }) => `${displayName} ${userKey}`).join(' · ');
  const pids = Object.entries(state.processes).map(([name, pid]) => `${name} ${pid}`);
  const rows: readonly (readonly [string, string])[] = [
    ['console', state.urls.join(' · ')],
    ...(config.mode === 'dev' ? [['users', `${users} · account ${devAccount} (dev mode: no password)`] as const] : []),
    ['grpc', planned.services.map(({ port }) => `127.0.0.1:${port}`).join(' · ')],
    ...(token === undefined
      ? []
      : [['token', `of the domain server "${devServer}", for a day:\n\n${token}\n`] as const]),
    ...(certs === undefined
      ? []
      : [['tls', `gRPC with ${certs.domainServer.cert}, its key and ${certs.domainServer.ca}`] as const]),
    ['metrics', [...planned.edges, ...planned.services].map(metricsOf).join(' · ')],
    ['pids', pids.join(' · ')],
    ['data', `${dataDir} (kept until you delete it; logs in ${join(dataDir, 'logs')})`],
  ];
  return `\n${rows.map(([name, text]) => `  ${name.padEnd(9)}${text}`).join('\n')}\n\n  Ctrl-C ends it.\n`;
}

async function claimOrRefuse(dataDir: string, mesh: Mesh): Promise<Claim> {
  const claimed = await claim(dataDir, () => mesh.state);
  if ('close' in claimed) return claimed;
  const where = claimed.url ? `: ${claimed.url}` : '; it is just starting';
  throw new UsageError(
    `a mesh already runs on ${dataDir} (process ${claimed.pid})${where}\nEnd it first, or set CIRCUIT_DATA.`,
  );
}

function openFile(files: Map<string, LogFile>, name: string, dataDir: string): LogFile {
  const file = new LogFile(join(dataDir, 'logs', `${name}.log`));
  files.set(name, file);
  return file;
}

function metricsOf({ name, adminPort }: PlannedProcess): string {
  return `${name} http://127.0.0.1:${adminPort}/metrics`;
}

/** A mesh whose edge takes any free port is one of several on this machine: its services do the same. */
function grpcPortOf({ port, grpcPort }: Config): number {
  return port === 0 && !process.env.CIRCUIT_GRPC_PORT ? 0 : grpcPort;
}

/**
 * Throws UsageError unless every process can have the port that it is to have. That of gRPC only where it was asked
 * for: else there is another one, which is printed.
 */
async function demandPorts({ host, port, grpcPort }: Config, { edges, services }: Plan): Promise<void> {
  await demandFree('CIRCUIT_PORT', host, port, edges);
  if (process.env.CIRCUIT_GRPC_PORT) await demandFree('CIRCUIT_GRPC_PORT', '127.0.0.1', grpcPort, services);
}

async function demandFree(setting: string, host: string, first: number, count: number): Promise<void> {
  for (let port = first; first !== 0 && port < first + count; port += 1) {
    if (await isFree(port, host)) continue;
    throw new UsageError(`port ${port} on ${host} is taken: set ${setting} to another one`);
  }
}

export const usage = 'circuit up [--edges N] [--services N] [--redis] [--tls] [--verbose]';

function optionsOf(args: readonly string[]): { readonly verbose: boolean; readonly plan: Plan } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        verbose: { type: 'boolean', default: false },
        redis: { type: 'boolean', default: false },
        tls: { type: 'boolean', default: false },
        edges: { type: 'string', default: '1' },
        services: { type: 'string', default: '1' },
      },
    });
    const { verbose, redis, tls } = values;
    const [edges, services] = [count('--edges', values.edges), count('--services', values.services)];
    const plan = { edges, services, redis, tls };
    return { verbose, plan };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

function count(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > countMax) throw new Error(`${name} is 1 to ${countMax}`);
  return number;
}
