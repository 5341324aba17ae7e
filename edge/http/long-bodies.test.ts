import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { refuse } from '../../mesh/errors/refuse.ts';
import { asha } from '../../mesh/host/testing.ts';
import { bodyPartBytes, defaultLimits } from '../limits.ts';
import { openTestMesh, type TestMesh } from '../testing/mesh.ts';
import type { Part } from '../testing/pond.ts';

const open: TestMesh[] = [];
afterEach(async () => {
  for (const mesh of open.splice(0)) await mesh.close();
});

async function start(): Promise<{ mesh: TestMesh; pour(body: Uint8Array, query?: string): Promise<Response> }> {
  const mesh = await openTestMesh();
  open.push(mesh);
  const authorization = `Bearer ${await mesh.issuer.issueUser(asha)}`;
  return {
    mesh,
    pour: (body, query = '') =>
      fetch(`http://${mesh.url}/api/ponds/7/water${query}`, {
        method: 'PUT',
        headers: { authorization },
        body: new Blob([body as Uint8Array<ArrayBuffer>]),
      }),
  };
}

const long = randomBytes(20 * defaultLimits.bodyBytes + 12_345);

describe('a long body', () => {
  it('comes to its service in parts, in order and as it was sent', async () => {
    const { mesh, pour } = await start();
    const hash = createHash('sha256');
    const parts: Pick<Part, 'pondId' | 'offset'>[] = [];
    let size = 0;
    mesh.ponds.pour = async ({ pondId, offset, water }) => {
      parts.push({ pondId, offset });
      expect(water.length).toBeLessThanOrEqual(bodyPartBytes);
      hash.update(water);
      size += water.length;
      return size;
    };
    const answer = await pour(long);
    expect([answer.status, await answer.json()]).toEqual([200, { size: long.length }]);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(long).digest('hex'));
    const expected = Array.from({ length: Math.ceil(long.length / bodyPartBytes) }, (_, n) => n * bodyPartBytes);
    expect(parts).toEqual(expected.map((offset) => ({ pondId: '7', offset })));
  });

  it('may go on from where an earlier one broke off, and be empty', async () => {
    const { pour } = await start();
    expect(await (await pour(Buffer.from('water'), '?offset=1000')).json()).toEqual({ size: 1_005 });
    expect(await (await pour(new Uint8Array(), '?offset=9')).json()).toEqual({ size: 9 });
    const wrong = await pour(Buffer.from('water'), '?offset=x');
    expect([wrong.status, await wrong.json()]).toEqual([400, expect.objectContaining({ reason: 'INVALID_REQUEST' })]);
  });

  it('ends with the first part that is refused', async () => {
    const { mesh, pour } = await start();
    let parts = 0;
    mesh.ponds.pour = async () => {
      parts++;
      throw refuse('CONFLICT');
    };
    // What more was sent may find the connection closed.
    const answer = await pour(long.subarray(0, 2 * bodyPartBytes));
    expect([answer.status, parts]).toEqual([409, 1]);
  });

  it('is not read faster than its service takes it', async () => {
    const { mesh } = await start();
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let poured = 0;
    const begun = new Promise<void>((resolve) => {
      mesh.ponds.pour = async ({ water }) => {
        resolve();
        await held;
        poured += water.length;
        return poured;
      };
    });
    const [host, port] = mesh.url.split(':');
    const client = connect(Number(port), host);
    const whole = 256 * 1024 * 1024;
    const piece = Buffer.alloc(1024 * 1024);
    const head = [
      'PUT /api/ponds/7/water HTTP/1.1',
      `Host: ${mesh.url}`,
      `Authorization: Bearer ${await mesh.issuer.issueUser(asha)}`,
      `Content-Length: ${whole}`,
      'Connection: close',
      '\r\n',
    ];
    client.write(head.join('\r\n'));
    // Until the kernel takes no more of it, and says nothing of having room again before the next event comes.
    let sent = 0;
    while (sent < whole && client.write(piece)) sent += piece.length;
    await begun;
    const stuck = () => client.bytesWritten - client.writableLength;
    let before = -1;
    while (before !== stuck()) {
      before = stuck();
      await new Promise((resolve) => setImmediate(resolve));
      expect(await (await fetch(`http://${mesh.url}/healthz`)).json()).toEqual({ status: 'ok' });
    }
    expect(before).toBeLessThan(whole / 4);
    goOn();
    client.destroy();
  });

  it('of a stranger is not read at all', async () => {
    const { mesh } = await start();
    let parts = 0;
    mesh.ponds.pour = async () => ++parts;
    for (const headers of [{}, { authorization: 'Bearer a.b.c' }]) {
      const url = `http://${mesh.url}/api/ponds/7/water`;
      const answer = await fetch(url, { method: 'PUT', headers, body: Buffer.alloc(bodyPartBytes) });
      expect(answer.status).toBe(401);
    }
    expect(parts).toBe(0);
  });
});
