import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, type Environment, loadConfig } from './config.ts';
import { printedConfig, settingsTable } from './printed.ts';
import type { Role } from './setting.ts';

const service = {
  MONGODB_URI: 'mongodb://127.0.0.1:27017,127.0.0.1:27018/circuit',
  CIRCUIT_TOKEN_SECRET: 'a secret of at least thirty-two bytes',
  CIRCUIT_ID_KEY: 'sixteen or more characters',
};

function faults(environment: Environment, role?: Role): readonly string[] {
  try {
    loadConfig(role, environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe('the configuration', () => {
  it('has a default for whatever can have one', () => {
    expect(loadConfig(undefined, {})).toMatchObject({
      mode: 'production',
      port: 8080,
      drainMs: 10_000,
      frameBytes: 65_536,
      mongoPoolMax: 10,
      mongoSocketMs: 45_000,
      allowedOrigins: [],
    });
  });

  it('reads durations, sizes, lists and peers, and freezes what it read', () => {
    const config = loadConfig(undefined, {
      CIRCUIT_DRAIN: '2m',
      CIRCUIT_FRAME: '128KiB',
      CIRCUIT_ALLOWED_ORIGINS: 'https://a.test, https://b.test',
      CIRCUIT_PEERS: 'chat=127.0.0.1:7070,127.0.0.1:7071;presence=[::1]:7072',
    });
    expect(config.drainMs).toBe(120_000);
    expect(config.frameBytes).toBe(131_072);
    expect(config.allowedOrigins).toEqual(['https://a.test', 'https://b.test']);
    expect([...config.peers]).toEqual([
      ['chat', ['127.0.0.1:7070', '127.0.0.1:7071']],
      ['presence', ['[::1]:7072']],
    ]);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('asks for all files of a certificate or for none; a certificate is proof enough', () => {
    const { CIRCUIT_TOKEN_SECRET: _secret, ...without } = service;
    const jwks = { ...without, CIRCUIT_JWKS_URL: 'https://users.test/jwks.json' };
    const tls = { CIRCUIT_TLS_CERT_FILE: 'a.pem', CIRCUIT_TLS_KEY_FILE: 'a-key.pem', CIRCUIT_TLS_CA_FILE: 'ca.pem' };
    expect(faults(jwks, 'service')).toEqual([expect.stringContaining('nothing proves who this process is')]);
    expect(faults({ ...jwks, ...tls }, 'service')).toEqual([]);
    expect(faults({ ...service, CIRCUIT_TLS_CA_FILE: 'ca.pem' }, 'service')).toEqual([
      expect.stringContaining('belong together'),
    ]);
  });

  it('takes names for peers, and tells what is neither a name nor an address', () => {
    const { peers } = loadConfig(undefined, {
      CIRCUIT_PEERS: 'chat=dns:///chat:7070;tasks=dns://[::1]:53/t.example:1',
    });
    expect([...peers.values()].flat()).toEqual(['dns:///chat:7070', 'dns://[::1]:53/t.example:1']);
    expect(faults({ CIRCUIT_PEERS: 'chat=dns:///chat' })).toEqual([expect.stringContaining('neither host:port, dns:')]);
    expect(faults({ CIRCUIT_PEERS: 'chat=xds:chat' })).toEqual([expect.stringContaining('nor xds:///name')]);
  });

  it('tells every mistake at once, each with its name', () => {
    const told = faults({
      CIRCUIT_PORT: '80800',
      CIRCUIT_DRAIN: '5',
      CIRCUIT_FRAME: '64KB',
      CIRCUIT_MODE: 'test',
      CIRCUIT_PEERS: 'chat=nowhere',
      CIRCUIT_PROT: '1',
      MONGODB_URI: 'postgres://x',
    });
    expect(told).toHaveLength(7);
    expect(told).toContain('CIRCUIT_PROT is not a setting; did you mean CIRCUIT_PORT?');
    expect(told).toContain('CIRCUIT_PORT is 0 to 65535 (it is "80800")');
    expect(told).toContain('CIRCUIT_DRAIN is a duration such as 250ms, 5s, 2m, 12h or 30d (it is "5")');
  });

  it('never repeats a secret in a mistake or in print', () => {
    const told = faults({ ...service, CIRCUIT_ID_KEY: 'short-secret', MONGODB_URI: 'odd://user:hunter2@host' });
    expect(told.join()).not.toMatch(/short-secret|hunter2/);
    expect(faults({ ...service, CIRCUIT_TOKEN_SECRET: 'weakling' }, 'service').join()).not.toContain('weakling');
    const printed = printedConfig(loadConfig('service', service));
    expect(printed).toContain('MONGODB_URI = [set]');
    expect(printed).toContain('CIRCUIT_PORT = 8080');
    for (const secret of Object.values(service)) expect(printed).not.toContain(secret);
  });

  it('takes a secret from a file, and refuses both at once', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'circuit-config-')), 'key');
    writeFileSync(file, 'sixteen or more characters\n');
    expect(loadConfig(undefined, { CIRCUIT_ID_KEY_FILE: file }).idKey).toBe('sixteen or more characters');
    expect(faults({ CIRCUIT_ID_KEY_FILE: file, CIRCUIT_ID_KEY: 'x'.repeat(16) })).toHaveLength(1);
    expect(faults({ CIRCUIT_ID_KEY_FILE: `${file}.gone` })).toEqual([expect.stringContaining('ENOENT')]);
  });

  it('says what a process of each role still needs', () => {
    expect(faults(service, 'service')).toEqual([]);
    expect(faults({}, 'service')).toHaveLength(4);
    expect(faults({ CIRCUIT_TOKEN_SECRET: service.CIRCUIT_TOKEN_SECRET }, 'edge')).toEqual(['CIRCUIT_PEERS is needed']);
    const open = { ...service, CIRCUIT_PEERS: 'chat=a:1', CIRCUIT_ALLOWED_ORIGINS: '*' };
    expect(faults(open, 'edge')).toHaveLength(1);
    expect(faults({ ...open, CIRCUIT_MODE: 'dev' }, 'edge')).toEqual([]);
  });

  it('does not take a key that can only check tokens for one that proves who a process is', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { CIRCUIT_TOKEN_SECRET: _secret, ...rest } = service;
    const checks = { ...rest, CIRCUIT_TOKEN_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
    const signs = { ...rest, CIRCUIT_TOKEN_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
    expect(faults(checks, 'service')).toEqual([expect.stringContaining('nothing proves who this process is')]);
    expect(faults({ ...checks, CIRCUIT_SERVICE_TOKEN_FILE: '/run/token' }, 'service')).toEqual([]);
    expect(faults(signs, 'service')).toEqual([]);
    expect(faults({ ...rest, CIRCUIT_TOKEN_KEY: 'no key' }, 'service')).toHaveLength(1);
  });

  it("knows Kubernetes' service links when it sees them", () => {
    expect(faults({ CIRCUIT_CHAT_PORT: 'tcp://10.0.0.1:7070' }).join()).toContain('enableServiceLinks: false');
  });

  it('has a table of all of it', () => {
    const table = settingsTable();
    expect(table).toContain(
      '| `CIRCUIT_PORT` | 0 to 65535 | `8080` | edge | The port of the edge; 0 takes any free one. |',
    );
    expect(table).toContain('| `MONGODB_URI` (also `_FILE`) |');
  });
});
