import { describe, expect, it } from 'vitest';
import type { WebSocketLike } from '../socket/web-socket.ts';
import { StandingClock } from '../testing/clocks.ts';
import { Connection } from './connection.ts';

const hourMs = 3_600_000;
/** Lets what was promised happen. */
const settled = () => new Promise(setImmediate);

/** A connection whose token, ticket and socket are in the test's hand. */
function open(some: { token?: () => Promise<string>; ticket?: () => Promise<Response> } = {}) {
  const clock = new StandingClock();
  const sockets: { tell(frame: object): void; drop(): void; asked: { id: number; event: string }[] }[] = [];
  const line = { refusesSockets: false };
  const tokens: string[] = [];
  class Line implements WebSocketLike {
    readonly readyState = 1;
    readonly asked: { id: number; event: string }[] = [];
    readonly #listeners = new Map<string, (event: object) => void>();
    constructor() {
      if (line.refusesSockets) throw new DOMException('Insecure.', 'SecurityError');
      sockets.push({
        asked: this.asked,
        tell: (frame) => this.#listeners.get('message')?.({ data: JSON.stringify(frame) }),
        drop: () => this.#listeners.get('close')?.({ code: 1006, reason: '' }),
      });
    }
    send(data: string): void {
      const request = JSON.parse(data);
      if (request.event === 'ping')
        this.#listeners.get('message')?.({ data: JSON.stringify({ id: request.id, ok: true }) });
      else this.asked.push(request);
    }
    close(): void {}
    addEventListener(type: string, listener: never): void {
      this.#listeners.set(type, listener);
    }
  }
  const asked = { tokens: 0 };
  const connection = new Connection({
    url: 'https://mesh',
    token: () => {
      asked.tokens += 1;
      const claims = btoa(JSON.stringify({ exp: (clock.now() + hourMs) / 1_000 }));
      return some.token?.() ?? Promise.resolve(`x.${claims}.y`);
    },
    WebSocket: Line,
    fetch: async (_input, init) => {
      tokens.push(new Headers(init?.headers).get('Authorization') ?? '');
      return (await some.ticket?.()) ?? Response.json({ ticket: 't' });
    },
    clock,
    onReady: async () => undefined,
    onEvent: () => undefined,
    onLost: () => undefined,
  });
  let opened = 0;
  const ready = async () => {
    await expect.poll(() => sockets.length).toBeGreaterThan(opened);
    opened = sockets.length;
    sockets.at(-1)?.tell({ event: 'hello', data: { heartbeat_ms: 20_000, limits: {} } });
    sockets.at(-1)?.tell({ event: 'ready', data: { topics: {} } });
    await settled();
  };
  return { connection, clock, sockets, line, asked, tokens, ready };
}

describe('a connection that is closed', () => {
  it('leaves no timer behind, whatever it waits for', async () => {
    const never = () => new Promise<never>(() => undefined);
    for (const waits of [{ token: never }, { ticket: never }, {}]) {
      const { connection, clock } = open(waits);
      await settled();
      connection.close();
      await settled();
      expect(clock.waiting).toBe(0);
      expect(connection.state.name).toBe('closed');
    }
  });

  it('asks for no token again, though a renewal was on its way', async () => {
    const { connection, clock, sockets, asked, ready } = open();
    await ready();
    clock.move(hourMs * 0.8);
    await settled();
    expect(sockets[0]?.asked.some(({ event }) => event === 'auth.refresh')).toBe(true);
    connection.close();
    await settled();
    expect([clock.waiting, asked.tokens]).toEqual([0, 2]);
  });
});

describe('a connection', () => {
  it('lives on when the app throws instead of giving a token for the renewal', async () => {
    let renewals = 0;
    const { connection, clock, asked, ready } = open({
      token: () => {
        renewals += 1;
        if (renewals === 2) throw new TypeError('nobody is signed in');
        return undefined as never;
      },
    });
    await ready();
    expect(connection.state.name).toBe('online');
    for (let minute = 0; minute < 59; minute += 1) {
      clock.move(60_000);
      await settled();
    }
    expect(asked.tokens).toBeGreaterThan(2);
    connection.close();
  });

  it('tries again when its WebSocket could not be made', async () => {
    const { connection, clock, line, sockets, ready } = open();
    line.refusesSockets = true;
    await expect.poll(() => connection.state.name).toBe('offline');
    // Nothing but the next attempt.
    expect(clock.waiting).toBe(1);
    line.refusesSockets = false;
    clock.move(1_000);
    await ready();
    expect(connection.state.name).toBe('online');
    expect(sockets).toHaveLength(1);
    connection.close();
  });

  it('comes back with a fresh token when it was offline for longer than the last one lived', async () => {
    let there = true;
    const { connection, clock, sockets, tokens, ready } = open({
      ticket: async () => {
        if (!there) throw new TypeError('offline');
        return Response.json({ ticket: 't' });
      },
    });
    await ready();
    there = false;
    sockets[0]?.drop();
    clock.chance = 0.999;
    for (let minute = 0; minute < 120; minute += 1) {
      clock.move(60_000);
      await settled();
    }
    expect(connection.state.name).toBe('offline');
    expect(tokens.length).toBeLessThan(260);
    there = true;
    connection.reconnectNow();
    await ready();
    expect(connection.state.name).toBe('online');
    expect(tokens.at(-1)).not.toBe(tokens[0]);
    connection.close();
  });
});
