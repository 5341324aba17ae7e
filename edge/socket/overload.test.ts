import { afterEach, describe, expect, it } from 'vitest';
import { openMetrics } from '../../mesh/telemetry/metrics.ts';
import { openTestMesh } from '../testing/mesh.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** Holds the loop for so long in each of its turns, until it is stopped. */
function press(turnMs: number): { close(): void } {
  let pressing = true;
  const turn = () => {
    const until = performance.now() + turnMs;
    while (performance.now() < until);
    if (pressing) setImmediate(turn);
  };
  turn();
  return {
    close: () => {
      pressing = false;
    },
  };
}

describe('an edge with too much to do', () => {
  it('answers what matters most, refuses the rest and new sockets, and takes all again when it has time', async () => {
    const metrics = openMetrics();
    opened.push(metrics);
    const mesh = await openTestMesh({ overload: { loopDelayMs: [5, 10, 60_000] }, metrics });
    opened.push(mesh);
    const app = await mesh.app();
    const pressure = press(120);
    opened.push(pressure);

    const refusal = { ok: false, error: { reason: 'OVERLOADED', retry_after_ms: expect.any(Number) } };
    await expect.poll(() => app.call('pond.echo', { text: 'x' }), { timeout: 15_000 }).toMatchObject(refusal);
    expect(await app.call('ping')).toMatchObject({ ok: true });
    await expect(mesh.socket()).rejects.toMatchObject({ status: 503, body: { reason: 'OVERLOADED' } });
    expect(await metrics.text()).toMatch(/circuit_pressure\{cause="loop"\} 2/);

    pressure.close();
    await expect.poll(() => mesh.app().catch(() => undefined), { timeout: 15_000 }).toBeDefined();
    await expect.poll(() => app.call('pond.echo', { text: 'x' })).not.toMatchObject(refusal);
  });
});
