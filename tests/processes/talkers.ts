// People who talk without a pause, each on two devices, through the SDK; and what they write down of it.

import { WebSocket } from 'ws';
import { Client } from '../../client/connect.ts';
import { check, type Violation } from '../chaos/checker.ts';
import { type Acknowledged, emptyHistory, type Fault, type Logged, type Seen, type Sent } from '../chaos/record.ts';
import { asha, devToken, ravi } from './running-mesh.ts';

/** Messages of one device that may be on their way. */
const onTheWayMax = 8;
const waitMs = 90_000;

type Device = { readonly name: string; readonly client: Client; onTheWay: number };

export class Talkers {
  readonly #sent: Sent[] = [];
  readonly #acknowledged: Acknowledged[] = [];
  readonly #refused: string[] = [];
  readonly #seen: Seen[] = [];
  readonly #faults: Fault[] = [];
  readonly #devices: Device[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #startedAt = performance.now();
  /** The same two people always get the same conversation: what this run said bears its mark. */
  readonly #mark = Math.random().toString(36).slice(2, 8);
  #conversation = '';
  #talking = false;

  /** Signs both people in on two devices each, the devices spread over these edges, and gives them a conversation. */
  static async open(...urls: readonly string[]): Promise<Talkers> {
    const talkers = new Talkers();
    for (const [index, device] of ['phone', 'laptop'].entries()) {
      for (const userKey of [asha, ravi]) {
        const url = urls[index % urls.length] as string;
        const client = new Client({ url, token: () => devToken(url, userKey), WebSocket });
        talkers.#devices.push({ name: `${userKey} ${device}`, client, onTheWay: 0 });
      }
    }
    const [first] = talkers.#devices;
    const { conversation_id } = await talkers.#create(first as Device);
    talkers.#conversation = conversation_id;
    for (const device of talkers.#devices) talkers.#listen(device);
    // What is said before a device follows the conversation is history for it, and no event.
    await Promise.all(talkers.#devices.map(({ client }) => client.conversations.get(conversation_id).open()));
    return talkers;
  }

  start(): void {
    this.#talking = true;
    for (const device of this.#devices) this.#talk(device);
  }

  /** Resolves when so many more messages were acknowledged. */
  async acknowledgements(more: number): Promise<void> {
    const goal = this.#acknowledged.length + more;
    await this.#until(() => this.#acknowledged.length >= goal, `${goal} acknowledgements`);
  }

  fault<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const from = this.#now();
    return work().finally(() => this.#faults.push({ name, from, to: this.#now() }));
  }

  /** Ends the talk, waits for what is on its way, and says what was refused or broken; nothing when all held. */
  async verdict(): Promise<readonly (string | Violation)[]> {
    this.#talking = false;
    await this.#settled();
    return [...this.#refused, ...(await this.#violations())];
  }

  close(): void {
    this.#talking = false;
    for (const { client } of this.#devices) client.close();
  }

  /** When all that was sent is acknowledged and every device has seen all of it. */
  async #settled(): Promise<void> {
    await this.#until(() => this.#acknowledged.length === this.#sent.length, 'every message is acknowledged');
    const all = this.#acknowledged.length * this.#devices.length;
    await this.#until(() => this.#seen.length >= all, `every device has seen every message (${all})`);
  }

  async #violations(): Promise<readonly Violation[]> {
    const log = await this.#log();
    const conversation = this.#conversation;
    return check({
      ...emptyHistory,
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      seen: this.#seen,
      logs: new Map([[conversation, log]]),
      stays: this.#devices.map(({ name }) => {
        return { client: name, conversation, from: 1, to: undefined, seesFrom: undefined };
      }),
      faults: this.#faults,
    });
  }

  async #create({ client }: Device): Promise<{ readonly conversation_id: string }> {
    const request_id = crypto.randomUUID();
    const { conversation } = await client.call('conversation.create', {
      request_id,
      type: 'direct',
      participant_keys: [ravi],
    });
    if (conversation?.conversation_id === undefined) throw new Error('no conversation was made');
    return { conversation_id: conversation.conversation_id };
  }

  #listen({ name, client }: Device): void {
    client.on('message.new', ({ message }, { seq }) => {
      const conversation = message?.conversation_id ?? '';
      if (conversation !== this.#conversation || !message?.content?.text?.startsWith(this.#mark)) return;
      this.#seen.push({ client: name, conversation, seq, what: `message ${message.message_id}`, at: this.#now() });
      this.#look();
    });
  }

  #talk(device: Device): void {
    while (this.#talking && device.onTheWay < onTheWayMax) {
      device.onTheWay += 1;
      const view = device.client.conversations.get(this.#conversation);
      // The text says which message it is: others are not told under which id its sender sent it.
      const request = `${this.#mark} ${device.name} ${this.#sent.length}`;
      this.#sent.push({ client: device.name, conversation: this.#conversation, request, at: this.#now() });
      view.send({ content: { type: 'text', text: request } }).stored.then(
        (message) => this.#acknowledge(device, message.seq ?? 0, message.message_id ?? ''),
        (error: unknown) => this.#refused.push(`${request}: ${error}`),
      );
    }
  }

  #acknowledge(device: Device, seq: number, messageId: string): void {
    const [client, conversation, what] = [device.name, this.#conversation, `message ${messageId}`];
    this.#acknowledged.push({ client, conversation, what, seq, at: this.#now() });
    device.onTheWay -= 1;
    this.#look();
    this.#talk(device);
  }

  /** Every entry of the log, asked of the service itself. */
  async #log(): Promise<readonly Logged[]> {
    const [{ client } = {} as Device] = this.#devices;
    const topic = `c:${this.#conversation}`;
    const log: Logged[] = [];
    for (;;) {
      const { topics, more } = await client.call('sync', { positions: [{ topic, seq: log.length }] });
      for (const entry of topics?.[0]?.entries ?? []) {
        const message = entry.message_new?.message;
        const sender = message?.sender?.user_key ?? '';
        log.push({
          seq: entry.seq ?? 0,
          what: message === undefined ? `entry ${entry.seq}` : `message ${message.message_id}`,
          once: message === undefined ? '' : `${sender} ${message.content?.text}`,
          sender,
          came: [],
          went: [],
        });
      }
      if (!more) return log;
    }
  }

  #until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = () => {
        this.#waiting.delete(look);
        const states = this.#devices.map(({ name, client }) => `${name}: ${client.state.name}`).join(', ');
        const [sent, acknowledged, seen] = [this.#sent, this.#acknowledged, this.#seen].map(({ length }) => length);
        const counts = `${sent} sent, ${acknowledged} acknowledged, ${seen} seen`;
        reject(new Error(`not within ${waitMs} ms: ${what} (${counts}; ${states}; refused: ${this.#refused.join()})`));
      };
      const timer = setTimeout(late, waitMs);
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }

  #now(): number {
    return performance.now() - this.#startedAt;
  }
}
