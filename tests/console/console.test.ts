// Two people at the console, each in a browser of their own, on a real mesh: what one does, the other sees.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../client/connect.ts';
import { text, when } from '../../client/testing/talk.ts';
import { ravi as ravisToken } from '../../mesh/host/testing.ts';
import { type Line, openLine } from './line.ts';
import { hasBrowser, openBrowser, Person } from './person.ts';
import { openMesh, type RunningMesh } from './running-mesh.ts';

/** In the page: scrolls there, and tells whether these words stand among the messages. */
function scrollAndRead(pane: Element, [top, words]: readonly [number, string]): boolean {
  pane.scrollTop = top;
  return pane.textContent?.includes(words) ?? false;
}

describe.skipIf(!hasBrowser())('the console', { timeout: 60_000 }, () => {
  let folder: string;
  let mesh: RunningMesh;
  let line: Line;
  let browser: Browser;
  let asha: Person;
  let ravi: Person;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'circuit-console-'));
    await promisify(execFile)(process.execPath, ['scripts/bundle-web.mjs', folder]);
    [mesh, browser] = await Promise.all([openMesh(folder), openBrowser()]);
    // Asha is in the field, behind a line of her own; Ravi is in the office.
    line = await openLine(mesh.edge.port);
    asha = await Person.signIn(browser, `http://127.0.0.1:${line.port}`, '100000000001');
    ravi = await Person.signIn(browser, mesh.url, '100000000002');
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await line.close();
    await mesh.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('begins a direct conversation, counts what is unread, and ticks what was delivered and read', async () => {
    await asha.start('Person', ['Ravi']);
    await asha.say('DO is 3.1 in pond A1');
    await ravi.row('Asha').locator('.badge', { hasText: '1' }).waitFor();
    await asha.tick('DO is 3.1', 'delivered');
    await ravi.open('Asha');
    await ravi.sees('DO is 3.1 in pond A1');
    await asha.tick('DO is 3.1', 'read');
    expect(await ravi.row('Asha').locator('.badge').count()).toBe(0);
  });

  it('shows who types, and leaves the keyboard where it is', async () => {
    const more = asha.page.locator('.room-header').getByLabel('More');
    await more.focus();
    await ravi.field.pressSequentially('Second aera');
    await asha.page.locator('.room-typing', { hasText: 'Ravi is typing' }).waitFor();
    expect(await more.evaluate((button) => button === document.activeElement)).toBe(true);
    await ravi.field.fill('');
    await asha.page.locator('.room-typing').waitFor({ state: 'detached' });
  });

  it('answers, reacts, edits and takes back', async () => {
    await ravi.choose('DO is 3.1', 'Reply');
    await ravi.say('Second aerator is on');
    await asha.message('Second aerator is on').locator('.quote', { hasText: 'DO is 3.1' }).waitFor();

    await asha.message('Second aerator').hover();
    await asha.message('Second aerator').getByLabel('React', { exact: true }).click();
    await asha.page.locator('.menu').getByLabel('React with 🙏').click();
    await ravi.message('Second aerator').locator('.reaction', { hasText: '🙏' }).waitFor();

    await asha.field.press('ArrowUp');
    await asha.field.fill('DO is 2.1 in pond A1');
    await asha.field.press('Enter');
    await ravi.message('DO is 2.1').locator('.message-edited').first().waitFor();
    await ravi.message('Second aerator').locator('.quote', { hasText: 'DO is 2.1' }).waitFor();

    await asha.message('Second aerator').locator('.reaction').click();
    await ravi.message('Second aerator').locator('.reaction').waitFor({ state: 'detached' });
  });

  it('deletes for oneself and for everyone', async () => {
    await asha.say('Wrong pond, sorry');
    await ravi.sees('Wrong pond, sorry');
    await asha.choose('Wrong pond', 'Delete for everyone');
    await asha.agree();
    await ravi.sees('This message was deleted');
    expect(await ravi.page.locator('.messages', { hasText: 'Wrong pond' }).count()).toBe(0);
    await ravi.choose('Second aerator', 'Delete for me');
    await ravi.message('Second aerator is on').waitFor({ state: 'detached' });
    await asha.sees('Second aerator is on');
  });

  it('makes a group, forwards into it, and changes who is in it', async () => {
    await asha.start('Group', ['Ravi'], 'Ponds A1 to A4');
    await ravi.row('Ponds A1 to A4').waitFor();
    await asha.open('Ravi');
    await asha.choose('DO is 2.1', 'Forward');
    await asha.page.locator('dialog .person', { hasText: 'Ponds A1 to A4' }).click();
    await ravi.open('Ponds A1 to A4');
    await ravi.sees('Asha started this conversation');
    await ravi.message('DO is 2.1').locator('.message-forwarded').waitFor();

    await asha.page.getByRole('button', { name: 'Members', exact: true }).click();
    const member = asha.page.locator('.member[data-member="100000000002"]');
    const choose = async (action: string) => {
      await member.getByLabel('More about Ravi').click();
      await asha.page.locator('.menu').getByRole('menuitem', { name: action }).click();
    };
    await choose('Make admin');
    await ravi.sees('Asha made you an admin');
    await choose('Remove from the group');
    await asha.agree();
    await ravi.row('Ponds A1 to A4').waitFor({ state: 'detached' });
    await ravi.page.locator('.nothing-open').waitFor();
    await asha.sees('You removed Ravi');

    await asha.page.locator('.add-member').click();
    await asha.page.locator('dialog .person', { hasText: 'Ravi' }).click();
    await asha.page.locator('dialog').getByRole('button', { name: 'Add', exact: true }).click();
    await ravi.row('Ponds A1 to A4').waitFor();
    await ravi.open('Ponds A1 to A4');
    await ravi.sees('Asha added you');
  });

  it('names a member by @, by keyboard or pointer, and keeps the name when the message is edited', async () => {
    await asha.start('Group', ['Ravi'], 'Who is on duty');
    await asha.field.pressSequentially('Ask @r');
    const list = asha.page.getByRole('listbox', { name: 'Members' });
    await list.getByRole('option', { name: 'Ravi', selected: true }).waitFor();
    const active = await asha.field.getAttribute('aria-activedescendant');
    expect(await list.locator(`#${active}`).textContent()).toContain('Ravi');
    // Escape leaves the name as it was written, and nothing else.
    await asha.field.press('Escape');
    await list.waitFor({ state: 'hidden' });
    expect(await asha.field.inputValue()).toBe('Ask @r');
    await asha.field.press('Backspace');
    await asha.field.press('Backspace');
    await asha.field.pressSequentially('@ra');
    await asha.field.press('Enter');
    expect(await asha.field.inputValue()).toBe('Ask @Ravi ');
    await asha.field.pressSequentially('about lime');
    await asha.field.press('Enter');

    await ravi.row('Who is on duty').locator('.row-open').click();
    const mention = ravi.message('about lime').locator('.mention');
    await mention.waitFor();
    expect(await mention.textContent()).toBe('@Ravi');

    await asha.field.press('ArrowUp');
    await asha.field.fill('Please, @');
    await list.getByRole('option', { name: 'Ravi' }).click();
    expect(await asha.field.inputValue()).toBe('Please, @Ravi ');
    await asha.field.pressSequentially('and write to office@Ravi');
    await asha.field.press('Enter');
    await ravi.sees('Please, @Ravi and write');
    expect(await ravi.message('Please, ').locator('.mention').allTextContents()).toEqual(['@Ravi']);
    // The newest words of a conversation are what a search finds it by.
    await asha.say('Thanks');
    await ravi.sees('Thanks');
    await asha.open('Ponds A1 to A4');
    await ravi.open('Ponds A1 to A4');
  });

  it('folds a long text, and unfolds it where its reader is', async () => {
    await asha.paste(`Readings${'\n4'.repeat(1_999)}`);
    const long = ravi.message('Readings');
    const height = async (): Promise<number> => (await long.boundingBox())?.height ?? 0;
    await long.getByRole('button', { name: 'Show more', expanded: false }).waitFor();
    expect(await height()).toBeLessThan(400);

    await long.getByRole('button', { name: 'Show more' }).click();
    expect(await height()).toBeGreaterThan(10_000);
    // A reaction draws it again, as it is; and the reader is not taken to its end.
    await asha.message('Readings').locator('.bubble').click({ button: 'right' });
    await asha.page.locator('.menu').getByLabel('React with 🙏').click();
    await long.locator('.reaction').waitFor();
    expect(await height()).toBeGreaterThan(10_000);
    expect(await long.evaluate((row) => row.getBoundingClientRect().top)).toBeGreaterThan(-400);
    await long.getByRole('button', { name: 'Show less' }).click();
    expect(await height()).toBeLessThan(500);
    await long.getByRole('button', { name: 'Show more' }).waitFor();
  });

  it('shows polls, places, contacts and files that lie elsewhere', async () => {
    const add = async (kind: string, fields: Readonly<Record<string, string>>) => {
      await asha.page.locator('.composer').getByLabel('Add', { exact: true }).click();
      await asha.page.locator('.menu').getByRole('menuitem', { name: kind }).click();
      for (const [label, value] of Object.entries(fields))
        await asha.page.locator('dialog').getByLabel(label).fill(value);
      await asha.page.locator('dialog').getByRole('button', { name: 'Send' }).click();
    };
    await add('Place', { Name: 'Pond A4, inlet', Latitude: '16.5449', Longitude: '81.5212' });
    await add('Poll', { Question: 'Which pond first?', 'Options, one in a line': 'A1\nA3' });
    await add('Contact', { Name: 'Dr. Meena', Phone: '+91 98480 12345' });
    await add('File by link', { Address: 'https://files.example.com/water.pdf', 'File name': 'water-report.pdf' });
    await ravi.message('Pond A4, inlet').locator('a[href*="openstreetmap"]').waitFor();
    await ravi.message('Which pond first?').locator('progress').first().waitFor();
    await ravi.message('Dr. Meena').locator('a[href="tel:+919848012345"]').waitFor();
    await ravi.message('water-report.pdf').locator('a[href="https://files.example.com/water.pdf"]').waitFor();
  });

  it('pins, mutes, archives and keeps drafts', async () => {
    await asha.chooseHere('Pin to the top');
    await asha.row('Ponds A1 to A4').locator('.icon-pin').waitFor();
    await asha.chooseHere('Mute');
    await asha.row('Ponds A1 to A4').locator('.icon-mute').waitFor();
    await asha.field.fill('Ask for the lime price');
    await asha.open('Ravi');
    await asha.row('Ponds A1 to A4').locator('.row-draft', { hasText: 'lime price' }).waitFor();
    await asha.open('Ponds A1 to A4');
    expect(await asha.field.inputValue()).toBe('Ask for the lime price');
    await asha.field.press('Enter');
    await ravi.sees('Ask for the lime price');
    // The draft that is still on its way out of the list does not come back into the field.
    expect(await asha.field.inputValue()).toBe('');
    await asha.row('Ponds A1 to A4').locator('.row-preview', { hasText: 'You: Ask for the lime price' }).waitFor();
    expect(await asha.field.inputValue()).toBe('');
    await asha.chooseHere('Archive');
    await asha.row('Ponds A1 to A4').waitFor({ state: 'detached' });
    await asha.page.locator('.archive-switch').click();
    await asha.open('Ponds A1 to A4');
    await asha.chooseHere('Take out of the archive');
    await asha.page.locator('.archive-switch').click();
    await asha.row('Ponds A1 to A4').waitFor();
  });

  it('reads a long history page by page, some of it in the page at a time, and keeps its place', async () => {
    const writer = connect({ url: mesh.url, token: () => mesh.chat.host.issuer.issueUser(ravisToken), WebSocket });
    await when(writer, () => writer.state.name === 'online');
    await writer.conversations.load();
    const ponds = writer.conversations.items.find(({ summary }) => summary?.info?.name === 'Ponds A1 to A4');
    const sent = Array.from({ length: 420 }, (_, index) => ponds?.send(text(`Reading ${index}`)).stored);
    const [first] = await Promise.all(sent);
    await ponds?.send({ ...text('As we said'), reply_to_message_id: first?.message_id ?? '' }).stored;
    writer.close();
    // A page that was not there while they were written has only the newest.
    const late = await Person.signIn(browser, mesh.url, '100000000001');
    await late.open('Ponds A1 to A4');
    await late.sees('As we said');

    const scroll = late.page.locator('.message-scroll');
    const count = () => late.page.locator('.message').count();
    const before = await count();
    // A little below the top: what stands there stands there still when an older page has come in above it.
    const [words, top] = await scroll.evaluate((pane) => {
      pane.scrollTop = 200;
      const first = [...pane.querySelectorAll('.message')].find((row) => row.getBoundingClientRect().top > 100);
      return [
        first?.querySelector('.message-text')?.textContent ?? '',
        first?.getBoundingClientRect().top ?? 0,
      ] as const;
    });
    await expect.poll(count).toBeGreaterThan(before);
    const there = await late.message(words).boundingBox();
    expect(Math.abs((there?.y ?? 0) - top)).toBeLessThan(3);

    const scrollUntil = (top: number, words: string) =>
      expect.poll(() => scroll.evaluate(scrollAndRead, [top, words] as const), { timeout: 15_000 }).toBe(true);
    await scrollUntil(0, 'You started this conversation');
    expect(await count()).toBeLessThanOrEqual(300);
    // Back down by scrolling alone, as far as there is anything.
    await scrollUntil(1e9, 'As we said');
    expect(await count()).toBeLessThanOrEqual(300);
    await late.page.locator('.to-latest').waitFor({ state: 'hidden' });

    await late.message('As we said').locator('.quote').click();
    await late.page.locator('.message-found', { hasText: 'Reading 0' }).waitFor();
    await late.page.locator('.to-latest').click();
    const below = () => scroll.evaluate((pane) => pane.scrollHeight - pane.scrollTop - pane.clientHeight);
    await expect.poll(below).toBeLessThan(2);
    await late.sees('As we said');

    // The keyboard goes past what stands in the page.
    const oldest = late.page.locator('.message').first();
    const readingIn = async (row: Locator) => Number((await row.textContent())?.replace('Reading ', ''));
    const number = await readingIn(oldest.locator('.message-text'));
    await oldest.focus();
    // At the page's edge a key has to wait for what is older.
    const above = async () => {
      await late.page.keyboard.press('ArrowUp');
      return readingIn(late.page.locator('.message:focus .message-text'));
    };
    await expect.poll(above, { timeout: 15_000, interval: 10 }).toBeLessThanOrEqual(number - 40);
    // What comes meanwhile is counted, and moves nothing.
    const place = await late.page.locator('.message:focus').boundingBox();
    await ravi.open('Ponds A1 to A4');
    await ravi.say('Are you there');
    await late.page.locator('.to-latest', { hasText: '1 new' }).waitFor();
    expect(await late.page.locator('.message:focus').boundingBox()).toEqual(place);
    expect(late.complaints).toEqual([]);
    await late.page.context().close();
  });

  it('keeps what is written without a connection, and sends it once when it is back', async () => {
    line.cut();
    await asha.page.locator('body[data-connection="offline"]').waitFor();
    await asha.say('Written in the field');
    await asha.message('Written in the field').locator('.tick-sending').waitFor();
    line.mend();
    const now = asha.page.locator('.connection-bar').getByRole('button', { name: 'Try now' });
    // Unless it came back by itself in the meantime: then there is nothing left to click.
    await Promise.race([now.click(), now.waitFor({ state: 'detached' })]);
    await ravi.sees('Written in the field');
    expect(await ravi.page.locator('.message', { hasText: 'Written in the field' }).count()).toBe(1);
    await asha.page.locator('.connection-bar').waitFor({ state: 'hidden' });
  });

  it('works on a phone: one pane at a time, and a long press for the menu', async () => {
    const look = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
    const third = await Person.signIn(browser, mesh.url, '100000000002', look);
    const { page } = third;
    await third.row('Asha').locator('.row-open').tap();
    await third.sees('DO is 2.1 in pond A1');
    expect(await page.locator('.list-pane').isVisible()).toBe(false);

    const box = await third.message('DO is 2.1').locator('.bubble').boundingBox();
    const touch = await page.context().newCDPSession(page);
    const touchPoints = [{ x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + 12 }];
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
    await page.locator('.menu').waitFor();
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await page.locator('.menu').getByLabel('React with 🐟').tap();
    await third.message('DO is 2.1').locator('.reaction', { hasText: '🐟' }).waitFor();

    await page.getByLabel('Back to the list').tap();
    await third.row('Asha').waitFor();
    expect(await page.locator('.composer').isVisible()).toBe(false);
    expect(third.complaints).toEqual([]);
    await page.context().close();
  });

  it('works by keyboard alone', async () => {
    const { page } = asha;
    await page.keyboard.press('Control+k');
    await page.keyboard.type('Rav');
    await page.keyboard.press('Enter');
    await page.locator('.room-header h1', { hasText: 'Ravi' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.locator('.composer-field:focus').waitFor();
    await page.locator('.message-scroll').focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.locator('.menu').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.menu').waitFor({ state: 'detached' });
  });

  it('had nothing to complain about', () => {
    // A browser reports every request that meets a cut line.
    const cut = /net::ERR_|WebSocket connection/;
    expect([...asha.complaints, ...ravi.complaints].filter((each) => !cut.test(each))).toEqual([]);
  });
});
