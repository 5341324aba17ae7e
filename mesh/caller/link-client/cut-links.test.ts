import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CircuitError } from '../../errors/circuit-error.ts';
import { type EchoHandler, echoApi, echoMethods, echoService, encodeNote, note } from '../../host/testdata/echo.ts';
import { asha, openTestHost, openTestLinks, untilHealthy } from '../../host/testing.ts';
import type { Api } from '../../schema/api.ts';

let api: Api;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  ({ api } = await echoApi());
});

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** Stands between edge and service, and breaks what runs through it. */
class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => this.#sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

const callsMax = 4_000;
const cutEvery = 250;

describe('a wire that breaks again and again', () => {
  it('leaves no call without its one answer, and takes none twice that must not be', async () => {
    const taken = new Map<string, number>();
    const count: EchoHandler = async (request) => {
      taken.set(request.text, (taken.get(request.text) ?? 0) + 1);
      await new Promise(setImmediate);
      return request;
    };
    const mesh = await openTestHost({ services: [echoService({ say: count, look: count })], api });
    opened.push(mesh);
    const wires = [new Wire(mesh.host.port), new Wire(mesh.host.port)];
    opened.push(...wires);
    const links = await openTestLinks(mesh, api, await Promise.all(wires.map((wire) => wire.open())));
    opened.push(links);
    const session = links.openSession('s', await mesh.issuer.issueUser(asha));

    const outcomes = new Map<string, string[]>();
    const told = (text: string, error: CircuitError | undefined) => {
      outcomes.set(text, [...(outcomes.get(text) ?? []), error?.reason ?? 'OK']);
    };
    let answered = 0;
    const call = (number: number) =>
      new Promise<void>((resolve) => {
        const safe = number % 2 === 0;
        const text = `${safe ? 'look' : 'say'} ${number}`;
        const giveUp = links.call({
          method: api.methods.get(safe ? echoMethods.look : echoMethods.say)!,
          request: encodeNote(note(String(number % 17), text)),
          session,
          affinity: `socket ${number % 5}`,
          done: (error) => {
            told(text, error);
            answered += 1;
            if (answered % cutEvery === 0) wires[(answered / cutEvery) % 2]?.cut();
            resolve();
          },
        });
        if (number % 50 === 0) giveUp();
      });

    for (let number = 0; number < callsMax; number += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, more) => call(number + more)));
      await untilHealthy(links, 1);
    }

    expect(outcomes.size).toBe(callsMax);
    const all = [...outcomes.values()];
    expect(all.filter((told) => told.length !== 1)).toEqual([]);
    const reasons = new Set(all.flat());
    expect([...reasons].sort()).toEqual(['CANCELLED', 'OK', 'UNAVAILABLE']);
    for (const [text, times] of taken) expect(times).toBeLessThanOrEqual(text.startsWith('say') ? 1 : 2);
    for (const [text, [outcome]] of outcomes) if (outcome === 'OK') expect(taken.get(text)).toBeGreaterThanOrEqual(1);
  });

  it('brings events in order; of what it loses, the topic is told afterwards', async () => {
    const mesh = await openTestHost({ services: [echoService()], api });
    opened.push(mesh);
    const wire = new Wire(mesh.host.port);
    opened.push(wire);
    const links = await openTestLinks(mesh, api, [await wire.open()]);
    opened.push(links);
    const { subscriptions } = links;
    const topics = ['e:1', 'e:2', 'e:3'];
    /** When each topic was last told to be behind, counted in events published. */
    const gaps = new Map<string, number>();
    const heard = new Map(topics.map((topic) => [topic, [] as number[]]));
    let published = 0;
    subscriptions.onGap((behind) => {
      for (const topic of behind) gaps.set(topic, published);
    });
    let onLast = () => {};
    const last = new Promise<void>((resolve) => {
      onLast = resolve;
    });
    subscriptions.onEvent(({ topic, seq }) => {
      heard.get(topic)?.push(seq);
      if (seq === eventsMax) onLast();
    });
    for (const topic of topics) await subscriptions.subscribe(topic, AbortSignal.timeout(5_000));

    const publish = (seq: number) => {
      for (const topic of topics) mesh.host.bus.publish({ ...emptyEvent, topic, seq });
      published = seq;
    };
    let cuts = 0;
    while (published < eventsMax - 1) {
      publish(published + 1);
      if (published % 500 === 0) {
        wire.cut();
        cuts += 1;
      }
      await new Promise(setImmediate);
    }
    await untilHealthy(links, 1);
    publish(eventsMax);
    await last;

    expect(cuts).toBeGreaterThan(3);
    for (const topic of topics) {
      const seqs = heard.get(topic) ?? [];
      expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
      const missing = Array.from({ length: eventsMax }, (_, index) => index + 1).filter((seq) => !seqs.includes(seq));
      expect(missing.length).toBeGreaterThan(0);
      expect(missing.at(-1)).toBeLessThanOrEqual(gaps.get(topic) ?? 0);
    }
  });
});

const eventsMax = 3_000;

const emptyEvent = {
  after: 0,
  event: 'note.new',
  data: new Uint8Array(),
  revokedUsers: [],
  grantedTopics: [],
  revokedTopics: [],
  blanked: [],
};
