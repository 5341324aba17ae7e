import { describe, expect, it } from 'vitest';
import { StandingClock } from '../testing/clocks.ts';
import { CircuitSocket } from './circuit-socket.ts';
import { isTerminal, suggestedDelayMs } from './close-codes.ts';
import type { WebSocketLike } from './web-socket.ts';

/** The far end in the test's hand: a line that falls silent without closing, which no real socket does on request. */
function line() {
  const clock = new StandingClock();
  const sent: { id: number; event: string }[] = [];
  const closed: [number, string][] = [];
  let hear: (event: { data: unknown }) => void = () => undefined;
  class Line implements WebSocketLike {
    readonly readyState = 1;
    send(data: string): void {
      sent.push(JSON.parse(data));
    }
    close(): void {}
    addEventListener(type: string, listener: never): void {
      if (type === 'message') hear = listener;
    }
  }
  const socket = new CircuitSocket({
    url: 'ws://edge',
    WebSocket: Line,
    clock,
    onEvent: () => undefined,
    onClosed: (code, reason) => closed.push([code, reason]),
  });
  const tell = (frame: object) => hear({ data: JSON.stringify(frame) });
  const open = () => {
    tell({ event: 'hello', data: { heartbeat_ms: 20_000, limits: {} } });
    tell({ event: 'ready', data: { topics: {} } });
  };
  return { clock, sent, closed, socket, tell, open };
}

describe('a socket', () => {
  it('gives up an edge that never gets ready', () => {
    const { clock, closed } = line();
    clock.move(14_999);
    expect(closed).toEqual([]);
    clock.move(1);
    expect(closed).toEqual([[4000, 'no answer while opening']]);
  });

  it('sends a ping within the heartbeat, and is dead when it is not answered', () => {
    const { clock, sent, closed, tell, open } = line();
    open();
    clock.move(15_000);
    expect(sent.map(({ event }) => event)).toEqual(['ping']);
    tell({ id: 1, ok: true, data: {} });
    clock.move(15_000);
    expect(sent).toHaveLength(2);
    clock.move(10_000);
    expect(closed).toEqual([[4000, 'no answer to ping']]);
  });

  it('needs no ping while both sides have something to say', () => {
    const { clock, sent, socket, tell, open } = line();
    open();
    socket.request('message.get', {}, () => undefined);
    tell({ id: 1, ok: true });
    clock.move(15_000);
    expect(sent).toHaveLength(1);
  });

  it('asks at once whether the line still works when the machine slept, whatever it heard before', () => {
    const { clock, sent, closed, socket, tell, open } = line();
    open();
    socket.request('message.get', {}, () => undefined);
    tell({ id: 1, ok: true });
    clock.sleep(3_600_000);
    expect(sent.map(({ event }) => event)).toEqual(['message.get', 'ping']);
    clock.move(10_000);
    expect(closed).toEqual([[4000, 'no answer to ping']]);
  });

  it('reads nothing into what it does not know, and is told of its end once', () => {
    const { closed, socket, tell, open } = line();
    open();
    tell({ id: 99, ok: true });
    tell({ event: 'from.the.future', topic: 'c:1', seq: 3 });
    tell({});
    socket.close();
    socket.close();
    expect(closed).toEqual([[1000, '']]);
  });
});

describe('a close code', () => {
  it('tells by its number alone whether to come back, and by its reason when', () => {
    expect([1006, 1001, 4000, 4499].some(isTerminal)).toBe(false);
    expect([4500, 4999].every(isTerminal)).toBe(true);
    expect(suggestedDelayMs('EDGE_DRAINING retry_after_ms=1200')).toBe(1200);
    expect(suggestedDelayMs('TOKEN_EXPIRED')).toBe(0);
  });
});
