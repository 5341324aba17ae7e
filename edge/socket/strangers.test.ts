import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Verifier } from '../../mesh/auth/verifier.ts';
import { asha, openTrust } from '../../mesh/host/testing.ts';
import { defaultLimits, earlyBytesMax, earlyBytesOfAllMax, tokenCheckMsMax } from '../limits.ts';
import { openTestMesh, type TestMesh, type TestMeshOptions } from '../testing/mesh.ts';
import { closeCodes } from './close-codes.ts';

const open: TestMesh[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const mesh of open.splice(0)) await mesh.close();
});

/** A mesh whose edge knows nobody until it is told to go on. */
async function startHeld(options: TestMeshOptions = {}): Promise<TestMesh & { goOn(): void }> {
  let goOn = () => {};
  const going = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const trust = openTrust();
  const verifier: Verifier = {
    verify: (token) => going.then(() => trust.verifier.verify(token)),
    close: () => trust.verifier.close(),
  };
  const mesh = await openTestMesh({ trust, verifier, ...options });
  open.push(mesh);
  return { ...mesh, goOn };
}

describe('sockets whose token is not checked yet', () => {
  it('count among those that an edge may have', async () => {
    const mesh = await startHeld({ limits: { sockets: 2 } });
    const [first, second] = [await mesh.socket(), await mesh.socket()];
    await expect(mesh.socket()).rejects.toMatchObject({ status: 503, body: { reason: 'OVERLOADED' } });
    mesh.goOn();
    await first.event('hello');
    await second.event('hello');
    await second.close();
    await (await mesh.socket()).event('hello');
  });

  it('are ended when the check takes too long, and told to come back', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const mesh = await startHeld();
    const app = await mesh.socket();
    vi.advanceTimersByTime(tokenCheckMsMax);
    expect(await app.closed).toEqual({ code: closeCodes.NOT_OPENED.code, reason: 'NOT_OPENED retry_after_ms=2000' });
    expect(app.frames).toEqual([]);
  });

  it('together have no more kept of what they send early than a bound', async () => {
    const mesh = await startHeld();
    const authorization = `Bearer ${await mesh.issuer.issueUser(asha)}`;
    const frame = 'x'.repeat(defaultLimits.frameBytes);
    const each = Math.floor(earlyBytesMax / frame.length);
    const apps = [];
    for (let kept = 0; kept <= earlyBytesOfAllMax; kept += each * frame.length) {
      const app = await mesh.socket({ headers: { authorization } });
      for (let n = 0; n < each; n++) app.send(frame);
      apps.push(app);
    }
    const codes = await Promise.race(apps.map(({ closed }) => closed.then(({ code }) => code)));
    expect(codes).toBe(closeCodes.NOT_OPENED.code);
    for (const app of apps) app.socket.terminate();
    await Promise.all(apps.map(({ closed }) => closed));
    mesh.goOn();
    await (await mesh.socket()).event('hello');
  });
});
