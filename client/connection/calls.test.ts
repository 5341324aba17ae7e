import { describe, expect, it } from 'vitest';
import type { CircuitSocket } from '../socket/circuit-socket.ts';
import type { ReplyFrame } from '../socket/frames.ts';
import { StandingClock } from '../testing/clocks.ts';
import { reconnectDelayMs } from './back-off.ts';
import { Calls, waitingMax } from './calls.ts';
import { tokenExpiry } from './sign-in.ts';

/** A socket whose answers the test gives. */
function far(inFlight = 3) {
  const asked: { event: string; answer: (reply: ReplyFrame) => void }[] = [];
  const socket = {
    hello: { limits: { requests_in_flight: inFlight } },
    request: (event: string, _data: unknown, answer: (reply: ReplyFrame) => void) => asked.push({ event, answer }),
    forget: () => undefined,
  } as unknown as CircuitSocket;
  return { asked, socket, events: () => asked.map(({ event }) => event) };
}

const refusal = (code: string, retry_after_ms = 0): ReplyFrame => ({
  id: 1,
  ok: false,
  error: { code, reason: code, message: '', retry_after_ms },
});

describe('calls', () => {
  it('stay below what the server takes at a time, in the order they were made', () => {
    const calls = new Calls(new StandingClock());
    const { socket, asked, events } = far(3);
    for (const event of ['a', 'b', 'c', 'd']) void calls.call(event, {}).catch(() => undefined);
    calls.attach(socket);
    expect(events()).toEqual(['a', 'b']);
    asked[0]?.answer({ id: 1, ok: true });
    expect(events()).toEqual(['a', 'b', 'c']);
  });

  it('go again on the next socket where a repeat is safe, first those that were lost', async () => {
    const calls = new Calls(new StandingClock());
    const [one, two] = [far(), far()];
    calls.attach(one.socket);
    const lost = calls.call('once', {});
    const again = calls.call('again', {}, { repeat: true });
    calls.detach();
    void calls.call('later', {}, { repeat: true });
    await expect(lost).rejects.toMatchObject({ reason: 'CONNECTION_LOST' });
    calls.attach(two.socket);
    expect(two.events()).toEqual(['again', 'later']);
    two.asked[0]?.answer({ id: 1, ok: true, data: { found: true } });
    expect(await again).toEqual({ found: true });
  });

  it('wait as long as the server asks when it refuses for now, and give up after five attempts', async () => {
    const clock = new StandingClock();
    const calls = new Calls(clock);
    const { socket, asked } = far();
    calls.attach(socket);
    const call = calls.call('busy', {}, { repeat: true, timeoutMs: 600_000 });
    asked[0]?.answer(refusal('RESOURCE_EXHAUSTED', 700));
    clock.move(699);
    expect(asked).toHaveLength(1);
    clock.move(1);
    expect(asked).toHaveLength(2);
    for (const attempt of [1, 2, 3, 4]) {
      asked[attempt]?.answer(refusal('UNAVAILABLE'));
      clock.move(10_000);
    }
    await expect(call).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(asked).toHaveLength(5);
  });

  it('do not repeat what was refused for good', async () => {
    const calls = new Calls(new StandingClock());
    const { socket, asked } = far();
    calls.attach(socket);
    const call = calls.call('edit', {}, { repeat: true });
    asked[0]?.answer(refusal('PERMISSION_DENIED'));
    await expect(call).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(asked).toHaveLength(1);
  });

  it('that JSON has no words for fail by themselves, and hold up no other', async () => {
    const calls = new Calls(new StandingClock());
    const { socket, asked, events } = far();
    const request = (event: string, data: unknown, answer: (reply: ReplyFrame) => void): number => {
      JSON.stringify(data);
      return asked.push({ event, answer });
    };
    const wrong = calls.call('wrong', { seq: 1n });
    void calls.call('right', { seq: 1 }).catch(() => undefined);
    calls.attach(Object.assign(socket, { request }));
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
    expect(events()).toEqual(['right']);
  });

  it('wait in a bounded number', async () => {
    const calls = new Calls(new StandingClock());
    for (let count = 0; count < waitingMax; count += 1) void calls.call('a', {}).catch(() => undefined);
    await expect(calls.call('one more', {})).rejects.toMatchObject({ reason: 'TOO_MANY_WAITING' });
  });
});

describe('a reconnect', () => {
  it('waits a random part of a growing time, at most 30 s, and no less than the server says', () => {
    const clock = new StandingClock();
    clock.chance = 0.5;
    expect([0, 1, 2, 5, 50].map((attempt) => reconnectDelayMs(attempt, 0, clock))).toEqual([
      500, 1000, 2000, 15_000, 15_000,
    ]);
    expect(reconnectDelayMs(0, 4_000, clock)).toBe(4_000);
  });
});

describe('a token', () => {
  it('tells when it ends, where it can be read', () => {
    const claims = btoa(JSON.stringify({ sub: '100000000001', exp: 1_800_000_000 }));
    expect(tokenExpiry(`x.${claims}.y`)).toBe(1_800_000_000_000);
    expect(tokenExpiry('opaque')).toBe(0);
  });
});
