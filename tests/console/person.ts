// A person at the console in a real browser: what they do, in the words of the page.

import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';

const browserPath = '/usr/bin/chromium';

/** Whether this machine has the browser that these tests drive. */
export const hasBrowser = (): boolean => existsSync(browserPath);

const switches = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath: browserPath, args: switches });

/** Longer than anything takes; what does not come by then does not come. */
const patienceMs = 15_000;

export class Person {
  readonly page: Page;
  /** What the page complained about; a test ends with none. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(patienceMs);
    page.on('pageerror', (error) => this.complaints.push(String(error.stack)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** Opens the console in a browser of their own and signs in. */
  static async signIn(
    browser: Browser,
    url: string,
    userKey: string,
    look: BrowserContextOptions = {},
  ): Promise<Person> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...look });
    const person = new Person(await context.newPage());
    await person.page.goto(url);
    await person.page.locator(`[data-user="${userKey}"]`).click();
    await person.page.locator('body[data-connection="online"]').waitFor();
    return person;
  }

  /** A line of the list, by the conversation's title. */
  row(title: string): Locator {
    return this.page.locator('.row', { has: this.page.locator('.row-title', { hasText: title }) });
  }

  async open(title: string): Promise<void> {
    await this.row(title).locator('.row-open').click();
    await this.page.locator('.room-header h1', { hasText: title }).waitFor();
    await this.page.locator('.messages-wait:not([data-key])').waitFor({ state: 'detached' });
  }

  /** Starts a conversation by the dialog. */
  async start(kind: string, people: readonly string[], name?: string): Promise<void> {
    await this.page.getByLabel('New conversation').click();
    const dialog = this.page.locator('dialog');
    await dialog.locator('.choice', { hasText: kind }).click();
    if (name !== undefined) await dialog.getByLabel('Name').fill(name);
    for (const each of people) await dialog.locator('.person', { hasText: each }).click();
    await dialog.getByRole('button', { name: 'Start' }).click();
    await dialog.waitFor({ state: 'detached' });
    await this.page.locator('.composer-field').waitFor();
  }

  async say(words: string): Promise<void> {
    await this.field.fill(words);
    await this.field.press('Enter');
  }

  /** Many lines at once, as from a clipboard: by `fill` the browser types them one after another. */
  async paste(words: string): Promise<void> {
    await this.field.evaluate((field, text) => {
      (field as HTMLTextAreaElement).value = text;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }, words);
    await this.field.press('Enter');
  }

  get field(): Locator {
    return this.page.locator('.composer-field');
  }

  /** The newest message that says these words, rather than quotes them. */
  message(words: string): Locator {
    const quoting = this.page.locator('.quote', { hasText: words });
    return this.page.locator('.message', { hasText: words }).filter({ hasNot: quoting }).last();
  }

  /** Chooses from a message's menu. */
  async choose(words: string, action: string): Promise<void> {
    await this.message(words).locator('.bubble').click({ button: 'right' });
    await this.page.locator('.menu').getByRole('menuitem', { name: action, exact: true }).click();
  }

  /** Chooses from the menu of the open conversation. */
  async chooseHere(action: string): Promise<void> {
    await this.page.locator('.room-header').getByLabel('More').click();
    await this.page.locator('.menu').getByRole('menuitem', { name: action }).click();
  }

  /** Agrees to what a dialog asks. */
  async agree(): Promise<void> {
    await this.page.locator('dialog .danger').click();
  }

  sees(words: string): Promise<void> {
    return this.page.locator('.messages', { hasText: words }).waitFor();
  }

  /** The tick below their own message. */
  tick(words: string, status: 'sent' | 'delivered' | 'read'): Promise<void> {
    return this.message(words).locator(`.tick-${status}`).waitFor();
  }
}
