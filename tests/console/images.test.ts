// Makes the pictures of the console that the documents show. They are written when they are missing, or when
// UPDATE_IMAGES is set; a run that finds them only sees that the pages can be drawn.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tellTheMorning } from './farm.ts';
import { hasBrowser, openBrowser, Person } from './person.ts';
import { openMesh, type RunningMesh } from './running-mesh.ts';

const asha = '100000000001';
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** Where it is before dawn now, when such things are written. */
function beforeDawn(hour = new Date().getUTCHours()): string {
  const offset = ((4 - hour + 36) % 24) - 12;
  return `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`;
}

type Picture = { readonly name: string; readonly look: BrowserContextOptions; readonly opens: string | undefined };

const pictures: readonly Picture[] = [
  { name: 'console', look: { colorScheme: 'light' }, opens: 'Ponds A1 to A4' },
  { name: 'console-dark', look: { colorScheme: 'dark' }, opens: 'Ponds A1 to A4' },
  { name: 'console-phone-list', look: { ...phone, colorScheme: 'light' }, opens: undefined },
  { name: 'console-phone', look: { ...phone, colorScheme: 'dark' }, opens: 'Ponds A1 to A4' },
];

describe.skipIf(!hasBrowser())('pictures of the console', { timeout: 60_000 }, () => {
  let folder: string;
  let mesh: RunningMesh;
  let browser: Browser;
  let farm: { close(): void };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'circuit-images-'));
    await promisify(execFile)(process.execPath, ['scripts/bundle-web.mjs', folder]);
    [mesh, browser] = await Promise.all([openMesh(folder), openBrowser()]);
    farm = await tellTheMorning(mesh);
  }, 120_000);

  afterAll(async () => {
    farm.close();
    await browser.close();
    await mesh.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(pictures)('$name', async ({ name, look, opens }) => {
    const person = await Person.signIn(browser, mesh.url, asha, { ...look, timezoneId: beforeDawn() });
    await person.row('Ponds A1 to A4').waitFor();
    if (opens !== undefined) {
      await person.open(opens);
      await person.sees('Will do, first thing.');
    }
    const picture = await person.page.screenshot({ animations: 'disabled' });
    expect(picture.byteLength).toBeGreaterThan(10_000);
    expect(person.complaints).toEqual([]);
    const path = join('docs/images', `${name}.png`);
    if (!existsSync(path) || process.env.UPDATE_IMAGES) {
      await mkdir('docs/images', { recursive: true });
      await writeFile(path, picture);
    }
    await person.page.context().close();
  });
});
