import { describe, expect, it } from 'vitest';
import { looks, nodeVersion } from './looks.ts';
import { program } from './program.ts';

describe('the doctor', () => {
  it('knows which Node is too old', () => {
    expect(nodeVersion('20.18.3')).toMatchObject({ state: 'missing', remedy: expect.stringContaining('20.19') });
    for (const version of ['20.19.0', '22.0.0', '24.1.0']) expect(nodeVersion(version).state).toBe('ok');
  });

  it('finds a program by running it, and says what goes without it', async () => {
    const node = { name: 'node', args: ['--version'], without: 'anything', remedy: '' };
    expect(await program(node).look()).toEqual({ state: 'ok', told: process.version });
    expect(await program({ ...node, at: '/no/such/program' }).look()).toMatchObject({ state: 'ok' });
    const missing = { name: 'no-such-program', args: [], without: 'miracles', remedy: 'apt-get install miracles' };
    expect(await program(missing).look()).toEqual({
      state: 'absent',
      told: 'not there, or not whole; without it no miracles',
      remedy: 'apt-get install miracles',
    });
  });

  it('finds the native addons whole on a machine where the tests run', async () => {
    const addons = looks.filter(({ name }) => name.endsWith('addon'));
    expect(addons).toHaveLength(2);
    for (const { look } of addons) expect(await look()).toMatchObject({ state: 'ok' });
  });
});
