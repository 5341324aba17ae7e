// Files that something outside has damaged: told in a sentence, where LMDB would end the process without one.
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPages } from '../care/check-pages.ts';
import { verify } from '../care/verify.ts';
import { openStore } from '../store.ts';
import { checkDataFile, makingMark } from './data-file.ts';
import { Environment } from './environment.ts';

let dataDir: string;
const folder = () => join(dataDir, 'lmdb');
const file = () => join(folder(), 'data.mdb');
const pageBytes = 4096;

async function withTree(use: (environment: Environment) => Promise<void>): Promise<void> {
  const environment = new Environment(folder());
  await use(environment);
  await environment.close();
}

const put = (environment: Environment, key: string, bytes: number) =>
  environment.write(() => environment.tree('rows').put(Buffer.from(key), Buffer.alloc(bytes, key)));

function overwrite(position: number, bytes: Buffer): void {
  const opened = openSync(file(), 'r+');
  writeSync(opened, bytes, 0, bytes.length, position);
  closeSync(opened);
}

async function refused(what: RegExp): Promise<void> {
  await expect(openStore({ dataDir, port: 0 })).rejects.toThrow(what);
  await expect(verify(dataDir)).rejects.toThrow(what);
}

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'embedded-file-'));
  await withTree(async (environment) => {
    await environment.write(() => {
      for (let i = 0; i < 299; i++) environment.tree('rows').put(Buffer.from(`row ${i}`), Buffer.alloc(3000, i));
    });
    await put(environment, 'row 299', 3000);
  });
});
afterEach(() => rmSync(dataDir, { recursive: true }));

describe('a file', () => {
  for (const share of [0.9, 0.5, 0.01]) {
    it(`cut to ${share} of its length is refused, by how much it lacks, and left as it is`, async () => {
      const length = Math.floor(statSync(file()).size * share);
      truncateSync(file(), length);
      await refused(/data\.mdb is \d+ bytes shorter than the \d+ it must have.*Put back a copy/);
      expect(statSync(file()).size).toBe(length);
    });
  }

  it('that lacks its last page alone is refused', async () => {
    truncateSync(file(), statSync(file()).size - 1);
    await refused(/is 1 bytes shorter/);
  });

  it('of no bytes is not taken for a new one, nor is one that is gone', async () => {
    truncateSync(file(), 0);
    await refused(/data\.mdb is empty/);
    rmSync(file());
    await expect(openStore({ dataDir, port: 0 })).rejects.toThrow(/data\.mdb is missing/);
  });

  it('that a crash left empty while it was first made is made again', async () => {
    truncateSync(file(), 0);
    writeFileSync(join(folder(), makingMark), '');
    await withTree((environment) => put(environment, 'x', 1));
    expect([existsSync(join(folder(), makingMark)), checkDataFile(folder())]).toEqual([false, 'whole']);
  });

  it('whose two meta pages are torn is refused', async () => {
    overwrite(0, Buffer.alloc(2 * pageBytes));
    await refused(/has no whole meta page/);
  });

  it('of noise is refused', async () => {
    writeFileSync(file(), Buffer.alloc(100_000, 0x5a));
    await refused(/has no whole meta page/);
  });
});

describe('a page in the middle that something has written over', () => {
  const noise = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7919) % 251));

  for (const [name, bytes] of [
    ['zeros', Buffer.alloc(3 * pageBytes)],
    ['noise', noise(3 * pageBytes)],
  ] as const) {
    it(`(${name}) is named by verify, or was free`, async () => {
      const pages = statSync(file()).size / pageBytes;
      let named = 0;
      for (let page = 2; page < pages - 3; page += 7) {
        const before = readFileSync(file());
        overwrite(page * pageBytes, bytes);
        const told = await verify(dataDir).catch((error: Error) => error.message);
        if (typeof told === 'string' && /is damaged: its page \d+ /.test(told)) named++;
        else expect(told).toMatchObject({ problems: [] });
        writeFileSync(file(), before);
      }
      expect(named).toBeGreaterThan(pages / 14);
      expect(await verify(dataDir)).toMatchObject({ problems: [] });
    });
  }

  it('is found in values of many pages and in trees of several levels, which are whole otherwise', async () => {
    await withTree(async (environment) => {
      await put(environment, 'wide', 500_000);
      await environment.write(() => {
        for (let i = 0; i < 5000; i++) environment.tree(`t${i % 3}`).put(Buffer.from(`${i}`), Buffer.alloc(200, i));
      });
      await environment.write(() => {
        for (let i = 0; i < 5000; i += 3) environment.tree(`t${i % 3}`).remove(Buffer.from(`${i}`));
      });
    });
    checkPages(folder());
    expect(await verify(dataDir)).toMatchObject({ problems: [] });
  });
});

describe('a torn meta page', () => {
  for (const [name, torn] of [
    ['zeroed', Buffer.alloc(pageBytes)],
    ['noise', Buffer.alloc(pageBytes, 0xa7)],
  ] as const) {
    for (const page of [0, 1]) {
      it(`(page ${page}, ${name}) costs at most the commit under way`, async () => {
        overwrite(page * pageBytes, torn);
        expect(checkDataFile(folder())).toBe('restored');
        await withTree(async (environment) => {
          const keys = environment.tree('rows').keys({ from: Buffer.from('row'), to: Buffer.from('rox') });
          expect(keys.length).toBeGreaterThanOrEqual(299);
          for (let i = 0; i < 5; i++) await put(environment, `more ${i}`, 3000);
        });
        await withTree(async (environment) => {
          for (let i = 0; i < 5; i++) expect(environment.tree('rows').has(Buffer.from(`more ${i}`))).toBe(true);
        });
      });
    }
  }

  it('is told when a store opens its file', async () => {
    overwrite(0, Buffer.alloc(pageBytes));
    const told: object[] = [];
    const store = await openStore({ dataDir, port: 0, log: (record) => told.push(record) });
    await store.close();
    expect(told).toMatchObject([{ level: 'warn', event: 'store.restored' }]);
  });
});

describe('a file whose last pages are free', () => {
  it('may lack them', async () => {
    await withTree(async (environment) => {
      await put(environment, 'wide', 5_000_000);
      await environment.write(() => environment.tree('rows').remove(Buffer.from('wide')));
      // What was freed is free for good only when no reader of an older commit can be left.
      for (let i = 0; i < 6; i++) await put(environment, 'row 1', 100 + i);
    });
    const whole = statSync(file()).size;
    let free = 0;
    for (let length = whole; free < 1200; free++, length -= pageBytes) {
      truncateSync(file(), length);
      if (!isWhole()) break;
    }
    expect(free).toBeGreaterThan(1);
    truncateSync(file(), whole - (free - 1) * pageBytes);
    await withTree(async (environment) => {
      await put(environment, 'wide', 5_000_000);
      const keys = environment.tree('rows').keys({ from: Buffer.from('row'), to: Buffer.from('x') });
      expect(keys.length).toBe(301);
    });
  });
});

function isWhole(): boolean {
  try {
    return checkDataFile(folder()) === 'whole';
  } catch {
    return false;
  }
}
