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
});
