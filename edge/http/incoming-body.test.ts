import { describe, expect, it } from 'vitest';
import { refuse } from '../../mesh/errors/refuse.ts';
import { IncomingBody } from './incoming-body.ts';
import type { BodyBounds } from './stranger-share.ts';

const bounds = (): BodyBounds => ({ bytesMax: 10, strangerBytesMax: 15, strangerBytes: 0 });
const bytes = (count: number): ArrayBuffer => new Uint8Array(count).fill(7).buffer;

describe('an incoming body', () => {
  it("is a stranger's until its sender is known, and whole when its last part came", async () => {
    const all = bounds();
    const body = new IncomingBody(all);
    body.take(bytes(4), false);
    expect(all.strangerBytes).toBe(4);
    body.trust();
    expect(all.strangerBytes).toBe(0);
    body.take(bytes(6), true);
    expect(all.strangerBytes).toBe(0);
    expect(await body.whole).toEqual(Buffer.alloc(10, 7));
  });

  it('fails above its own bound and above that of all strangers, and gives back what it had', async () => {
    const all = bounds();
    const [first, second, large] = [new IncomingBody(all), new IncomingBody(all), new IncomingBody(all)];
    first.take(bytes(8), true);
    second.take(bytes(6), false);
    second.take(bytes(2), true);
    await expect(second.whole).rejects.toMatchObject({ reason: 'OVERLOADED' });
    expect(all.strangerBytes).toBe(8);
    large.trust();
    large.take(bytes(11), true);
    await expect(large.whole).rejects.toMatchObject({ reason: 'TOO_LARGE' });
    first.drop();
    first.drop();
    expect(all.strangerBytes).toBe(0);
  });

  it('keeps nothing once it is dropped', async () => {
    const all = bounds();
    const body = new IncomingBody(all);
    body.take(bytes(5), false);
    body.fail(refuse('CANCELLED'));
    body.take(bytes(5), true);
    expect(all.strangerBytes).toBe(0);
    await expect(body.whole).rejects.toMatchObject({ reason: 'CANCELLED' });
  });
});
