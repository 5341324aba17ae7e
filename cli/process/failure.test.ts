import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf, withSettings } from './failure.ts';
import { UsageError } from './usage-error.ts';

let folder = '';
let file = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'circuit-failure-'));
  file = join(folder, 'file');
  writeFileSync(file, '');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What was thrown by the work. */
async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

function listen(port: number, host: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

describe('a failure', () => {
  it('that the system tells of a path or an address is one line', async () => {
    const ofFile = await thrownBy(() => mkdirSync(file, { recursive: true }));
    expect(failureOf(ofFile)).toEqual({ text: `${file} is a file, not a folder`, exitCode: 1 });
    const below = await thrownBy(() => mkdirSync(join(file, 'x'), { recursive: true }));
    expect(failureOf(below).text).toBe(`${join(file, 'x')} leads through a file, not a folder`);
    const elsewhere = await thrownBy(() => listen(0, '192.0.2.1'));
    expect(failureOf(elsewhere).text).toBe('192.0.2.1 is no address of this machine');
    const ofGrpc = new Error(
      'No address added out of total 1 resolved errors: [listen EADDRINUSE: in use 127.0.0.1:70]',
    );
    expect(failureOf(ofGrpc).text).toBe('127.0.0.1:70 is taken by another process');
  });

  it('names the setting where it is known, and is the fault of who gave it', async () => {
    const thrown = await thrownBy(() => withSettings('CIRCUIT_DATA', () => mkdirSync(file, { recursive: true })));
    expect(failureOf(thrown)).toEqual({ text: `CIRCUIT_DATA: ${file} is a file, not a folder`, exitCode: 2 });
    expect(failureOf(new UsageError('there is no such command'))).toEqual({
      text: 'there is no such command',
      exitCode: 2,
    });
  });

  it('of ours has its stack', async () => {
    const fault = new TypeError('x is not a function');
    expect(await thrownBy(() => withSettings('CIRCUIT_DATA', () => Promise.reject(fault)))).toBe(fault);
    expect(failureOf(fault)).toEqual({ text: fault.stack, exitCode: 1 });
  });
});
