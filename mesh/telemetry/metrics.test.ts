import { afterEach, describe, expect, it } from 'vitest';
import { type Admin, openAdmin } from './admin.ts';
import { silentLog } from './log.ts';
import { type Metrics, openMetrics } from './metrics.ts';
import { metrics as declared } from './names.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function admin(ready: () => Promise<void> = async () => {}) {
  const metrics: Metrics = openMetrics();
  const server: Admin = await openAdmin({ host: '127.0.0.1', port: 0, metrics, ready, log: silentLog() });
  opened.push(server, metrics);
  const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { metrics, get };
}

describe('metrics', () => {
  it('are read from the admin port in the text format of Prometheus', async () => {
    const { metrics, get } = await admin();
    metrics.counter('circuit_rpc_total', { method: 'chat/Send', code: 'OK' }).inc();
    metrics.counter('circuit_rpc_total', { method: 'chat/Send', code: 'OK' }).inc(2);
    metrics.histogram('circuit_rpc_seconds', { method: 'chat/Send' }).observe(0.004);
    metrics.gauge('circuit_sockets', { format: 'json' }).set(7);
    const response = await get('/metrics');
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(text).toContain('circuit_rpc_total{method="chat/Send",code="OK"} 3');
    expect(text).toContain('circuit_rpc_seconds_bucket{le="0.005",method="chat/Send"} 1');
    expect(text).toContain('circuit_sockets{format="json"} 7');
    expect(text).toMatch(/circuit_event_loop_delay_seconds\{quantile="0.99"\} [0-9.e-]+/);
    expect(text).toMatch(/circuit_memory_bytes\{kind="resident"\} [1-9]/);
  });

  it('say at each scrape whether the process is ready, whoever else asks', async () => {
    let fault: string | undefined;
    const { get } = await admin(async () => {
      if (fault !== undefined) throw new Error(fault);
    });
    expect(await (await get('/metrics')).text()).toMatch(/^circuit_ready 1$/m);
    fault = 'the database is away';
    expect(await (await get('/metrics')).text()).toMatch(/^circuit_ready 0$/m);
  });

  it('are silent about what this process does not measure', async () => {
    const { metrics, get } = await admin();
    expect(await (await get('/metrics')).text()).not.toMatch(/^circuit_certificate_expires_seconds /m);
    metrics.gauge('circuit_certificate_expires_seconds', {}).set(1_800_000_000);
    expect(await (await get('/metrics')).text()).toMatch(/^circuit_certificate_expires_seconds 1800000000$/m);
  });

  it('have no label whose values are without bound', () => {
    const labels = new Set(Object.values(declared).flatMap((metric) => [...metric.labels]));
    for (const label of labels) expect(label).not.toMatch(/user|account|conversation|message|topic|session|address/);
  });
});

describe('the admin port', () => {
  it('says ready while it is so, and why when it is not', async () => {
    let fault: string | undefined;
    const { get } = await admin(async () => {
      if (fault !== undefined) throw new Error(fault);
    });
    expect((await get('/readyz')).status).toBe(200);
    fault = 'the database is away';
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('not ready: the database is away\n');
    expect((await get('/healthz')).status).toBe(200);
  });

  it('answers nothing else', async () => {
    const { get } = await admin();
    expect((await get('/')).status).toBe(404);
    expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
  });
});
