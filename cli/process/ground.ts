// What every process that stays stands on: its configuration, log, metrics and admin port, and its connection to the
// store.

import { type Config, loadConfig } from '../../mesh/config/config.ts';
import type { Role } from '../../mesh/config/setting.ts';
import { type Connection, connectStore } from '../../mesh/store/connect.ts';
import { type Admin, openAdmin } from '../../mesh/telemetry/admin.ts';
import { type Logger, openLog } from '../../mesh/telemetry/log.ts';
import { type Metrics, openMetrics } from '../../mesh/telemetry/metrics.ts';
import { withSettings } from './failure.ts';
import { runtime, version } from './version.ts';

export type ProcessGround = { readonly config: Config; readonly log: Logger; readonly metrics: Metrics };

/** Throws ConfigError with every mistake. */
export function openGround(role: Role): ProcessGround {
  const config = loadConfig(role);
  const log = openLog({ level: config.logLevel, fields: { role } });
  const metrics = openMetrics();
  metrics.gauge('circuit_build', { version, runtime: runtime(), role }).set(1);
  log.info({ version, detail: runtime() }, 'starting');
  return { config, log, metrics };
}

/** The admin port, where one is configured. */
export async function openAdminFor(ground: ProcessGround, ready: () => Promise<void>): Promise<Admin | undefined> {
  const { config, log, metrics } = ground;
  if (config.adminPort === undefined) return undefined;
  const { adminHost: host, adminPort: port } = config;
  const admin = await withSettings('CIRCUIT_ADMIN_HOST, CIRCUIT_ADMIN_PORT', () =>
    openAdmin({ host, port, metrics, ready, log }),
  );
  log.info({ port: admin.port }, 'admin port open');
  return admin;
}

export function connectFor(ground: ProcessGround, name: string): Promise<Connection> {
  const { config, log, metrics } = ground;
  return connectStore({
    uri: config.mongoUri as string,
    poolMax: config.mongoPoolMax,
    poolMin: config.mongoPoolMin,
    idleMs: config.mongoIdleMs,
    selectionMs: config.mongoSelectionMs,
    socketMs: config.mongoSocketMs,
    name: `circuit ${name}`,
    log,
    metrics,
  });
}

/** Tells whoever started this process that it is ready, and where: one line of JSON on standard output. */
export function announce(listening: string): void {
  process.stdout.write(`${JSON.stringify({ listening })}\n`);
}
