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

const refusal = { ok: false, error: { reason: 'OVERLOADED', retry_after_ms: expect.any(Number) } };

describe('an edge with too much to do', () => {
  it('answers what matters most, refuses the rest and new sockets, and takes all again when it has time', async () => {
    const metrics = openMetrics();
    opened.push(metrics);
    const mesh = await openTestMesh({ overload: { loopDelayMs: [5, 10, 60_000] }, metrics });
    opened.push(mesh);
    const app = await mesh.app();
    const pressure = press(120);
    opened.push(pressure);

    await expect.poll(() => app.call('pond.echo', { text: 'x' }), { timeout: 15_000 }).toMatchObject(refusal);
    expect(await app.call('ping')).toMatchObject({ ok: true });
    await expect(mesh.socket()).rejects.toMatchObject({ status: 503, body: { reason: 'OVERLOADED' } });
    expect(await metrics.text()).toMatch(/circuit_pressure\{cause="loop"\} 2/);

    pressure.close();
    await expect.poll(() => mesh.app().catch(() => undefined), { timeout: 15_000 }).toBeDefined();
    await expect.poll(() => app.call('pond.echo', { text: 'x' })).not.toMatchObject(refusal);
  });

  it('refuses what is not important while the calls that it has handed on wait for their answers', async () => {
    let load = 0;
    const mesh = await openTestMesh({ load: () => load });
    opened.push(mesh);
    const app = await mesh.app();
    const echo = () => app.call('pond.echo', { text: 'x' });
    expect(await echo()).not.toMatchObject(refusal);
    load = 0.5;
    expect(await echo()).toMatchObject(refusal);
    expect(await app.call('ping')).toMatchObject({ ok: true });
    load = 0;
    expect(await echo()).not.toMatchObject(refusal);
  });
});
