// The SDK in pages of a real browser, without a bundler: its WebSocket, its fetch, and its localStorage, which the
// pages of one user share.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Conversation } from '../../client/chat/conversation.ts';
import { type Client, connect } from '../../client/connect.ts';
import { text, texts, when } from '../../client/testing/talk.ts';
import { asha, ravi } from '../../mesh/host/testing.ts';
import { type Line, openLine } from './line.ts';
import { hasBrowser, openBrowser } from './person.ts';
import { openMesh, type RunningMesh } from './running-mesh.ts';

/** What a page of these tests holds. */
type Window = { sdk: typeof import('../../client/connect.ts'); client: Client; pond: Conversation };
const script = "import * as sdk from './client/connect.ts'; Object.assign(globalThis, { sdk });";
const html = '<!doctype html><title>A page</title><script type="module" src="/page.js"></script>';

/** In the page: connects, with an outbox in localStorage. */
function connectHere([token, conversationId]: readonly [string, string]): void {
  const { sdk } = globalThis as unknown as Window;
  const outbox = sdk.webStorageOutbox(localStorage, 'outbox.');
  const client = sdk.connect({ url: location.origin, token: async () => token, outbox });
  Object.assign(globalThis, { client, pond: client.conversations.get(conversationId) });
}

const stateHere = () => (globalThis as unknown as Window).client.state.name;
const textsHere = () => (globalThis as unknown as Window).pond.messages.flatMap(({ content }) => content?.text ?? []);
const openHere = () => (globalThis as unknown as Window).pond.open();
function sayHere(words: readonly string[]): void {
  for (const each of words) (globalThis as unknown as Window).pond.send({ content: { type: 'text', text: each } });
}
/** In the page: lets no byte more into localStorage. */
function fillStorage(): void {
  for (let size = 5_000_000; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (let count = 0; count < 20; count += 1) localStorage.setItem(`full ${size} ${count}`, 'x'.repeat(size));
    } catch {
      // Full, down to this size.
    }
  }
}

const numbered = (words: string) => [1, 2, 3, 4, 5, 6, 7].map((number) => `${words} ${number}`);

describe.skipIf(!hasBrowser())('the SDK in pages of a browser', { timeout: 60_000 }, () => {
  let folder: string;
  let mesh: RunningMesh;
  let line: Line;
  let browser: Browser;
  let pages: BrowserContext;
  let his: Conversation;
  let other: Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'circuit-pages-'));
    await writeFile(join(folder, 'index.html'), html);
    await build({
      stdin: { contents: script, resolveDir: '.' },
      outfile: join(folder, 'page.js'),
      bundle: true,
      format: 'esm',
      logLevel: 'warning',
    });
    [mesh, browser] = await Promise.all([openMesh(folder), openBrowser()]);
    line = await openLine(mesh.edge.port);
    pages = await browser.newContext();
    other = connect({ url: mesh.url, token: () => mesh.chat.host.issuer.issueUser(ravi), WebSocket });
    const known = connect({ url: mesh.url, token: () => mesh.chat.host.issuer.issueUser(asha), WebSocket });
    await when(known, () => known.state.name === 'online');
    known.close();
    his = await other.conversations.create({ type: 'direct', participant_keys: [asha.userKey] });
    await his.open();
  }, 120_000);

  afterAll(async () => {
    other.close();
    await browser.close();
    await line.close();
    await mesh.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function openPage(): Promise<Page> {
    const page = await pages.newPage();
    await page.goto(`http://127.0.0.1:${line.port}/`);
    await page.evaluate(connectHere, [await mesh.chat.host.issuer.issueUser(asha), his.id] as const);
    return page;
  }

  it('talks, and shows what is said', async () => {
    const page = await openPage();
    await page.evaluate(sayHere, ['DO is 3.1']);
    await when(his, () => texts(his).includes('DO is 3.1'));
    await page.evaluate(openHere);
    await his.send(text('Aerator on')).stored;
    await expect.poll(() => page.evaluate(textsHere)).toEqual(['DO is 3.1', 'Aerator on']);
    await page.close();
  });

  it('sends once and in order what two pages wrote offline before they were closed', async () => {
    const [one, two] = [await openPage(), await openPage()];
    for (const page of [one, two]) await expect.poll(() => page.evaluate(stateHere)).toBe('online');
    const before = texts(his).length;
    line.cut();
    for (const page of [one, two]) await expect.poll(() => page.evaluate(stateHere)).not.toBe('online');
    await one.evaluate(sayHere, numbered('one'));
    await two.evaluate(sayHere, numbered('two'));
    await one.close();
    await two.close();
    line.mend();
    const [next, beside] = await Promise.all([openPage(), openPage()]);
    await when(his, () => texts(his).length === before + 14);
    for (const words of ['one', 'two']) {
      expect(texts(his).filter((each) => each?.startsWith(words))).toEqual(numbered(words));
    }
    for (const page of [next, beside]) {
      await expect.poll(() => page.evaluate(() => localStorage.length)).toBe(0);
      await page.evaluate(sayHere, [`done ${page === next}`]);
    }
    await when(his, () => texts(his).length === before + 16);
    for (const page of [next, beside]) await page.close();
  });

  it('sends though localStorage is full', async () => {
    const page = await openPage();
    await page.evaluate(fillStorage);
    await page.evaluate(sayHere, ['no room here']);
    await when(his, () => texts(his).at(-1) === 'no room here');
    await page.evaluate(() => localStorage.clear());
    await page.close();
  });
});
