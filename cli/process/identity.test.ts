import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openIssuer } from '../../mesh/auth/issuer.ts';
import { secretKey } from '../../mesh/auth/token-key.ts';
import { loadConfig } from '../../mesh/config/config.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { openMetrics } from '../../mesh/telemetry/metrics.ts';
import { ownTokenFor } from './identity.ts';

const secret = 'a secret of at least thirty-two bytes';
const edge = { kind: 'edge', key: 'edge' } as const;

it('the end of a token that a process was given shows in its metrics, before it is the end of its Links', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'circuit-identity-'));
  const metrics = openMetrics();
  onTestFinished(() => {
    metrics.close();
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'token');
  const issuer = openIssuer({ key: secretKey(secret), issuer: 'circuit', audience: 'circuit' });
  writeFileSync(file, await issuer.issueService({ ...edge, ttlSeconds: 86_400 }));
  const config = loadConfig('edge', {
    CIRCUIT_PEERS: 'chat=127.0.0.1:7070',
    CIRCUIT_TOKEN_SECRET: secret,
    CIRCUIT_SERVICE_TOKEN_FILE: file,
  });
  await ownTokenFor({ config, metrics, log: silentLog() }, edge);
  const end = async () => Number(/^circuit_service_token_expires_seconds (\d+)$/m.exec(await metrics.text())?.[1]);
  await expect.poll(end).toBeGreaterThan(Date.now() / 1_000 + 86_000);
  expect(await end()).toBeLessThanOrEqual(Date.now() / 1_000 + 86_400);
});
