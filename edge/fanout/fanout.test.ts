import { afterEach, describe, expect, it } from 'vitest';
import { asha, ravi } from '../../mesh/host/testing.ts';
import { gapMsMax } from '../limits.ts';
import type { App, Json } from '../testing/app.ts';
import { openTestMesh, type TestMesh } from '../testing/mesh.ts';

const open: TestMesh[] = [];
afterEach(async () => {
  for (const mesh of open.splice(0)) await mesh.close();
});

const pond = 'q:1';

async function start(): Promise<TestMesh> {
  const mesh = await openTestMesh();
  open.push(mesh);
  mesh.ponds.admit(asha.userKey, pond);
  mesh.ponds.admit(ravi.userKey, pond);
  return mesh;
}

/** The next events of a topic, as `seq text`. */
async function said(app: App, count: number): Promise<string[]> {
  const lines: string[] = [];
  while (lines.length < count) {
    const frame = await app.next((each) => each.topic === pond && each.seq !== undefined);
    lines.push(`${frame.seq} ${(frame.data as Json).text}`);
  }
  return lines;
}

function positions(frame: Json): Json {
  return (frame.data as { topics: Json }).topics;
}

describe('fan-out', () => {
  it('sends an event to every socket of its topic, the sender included, in each format', async () => {
    const mesh = await start();
    const [first, second] = [await mesh.app(asha), await mesh.app(ravi)];
    const binary = await mesh.socket({ user: ravi, protocols: 'circuit.v1.proto' });
    await binary.next(() => true);
    await binary.next(() => true);
    await first.call('pond.say', { pond_id: '1', text: 'DO is 2.1' });
    expect(await said(first, 1)).toEqual(['1 DO is 2.1']);
    expect(await said(second, 1)).toEqual(['1 DO is 2.1']);
    const { bytes } = (await binary.next(() => true)) as { bytes: Buffer };
    expect(bytes.toString('latin1')).toContain('DO is 2.1');
  });

  it('drops what comes twice', async () => {
    const mesh = await start();
    const app = await mesh.app();
    const event = mesh.ponds.append(pond, { text: 'a' });
    mesh.ponds.bus.publish(event);
    mesh.ponds.append(pond, { text: 'b' });
    expect(await said(app, 2)).toEqual(['1 a', '2 b']);
    expect(mesh.edge.counters.repeated).toBe(1);
  });

  it('fills a gap with one question for all sockets, and never sends n+1 before n', async () => {
    const mesh = await start();
    const [first, second] = [await mesh.app(asha), await mesh.app(ravi)];
    for (const text of ['a', 'b']) mesh.ponds.append(pond, { text }, true);
    for (const text of ['c', 'd']) mesh.ponds.append(pond, { text });
    const all = ['1 a', '2 b', '3 c', '4 d'];
    expect(await said(first, 4)).toEqual(all);
    expect(await said(second, 4)).toEqual(all);
    expect(mesh.ponds.asked.filter(({ kind }) => kind === 'entries')).toEqual([
      { kind: 'entries', topic: pond, after: 0 },
    ]);
  });

  it('shows an event without a number only when it is not behind it', async () => {
    const mesh = await start();
    const app = await mesh.app();
    mesh.ponds.splash(pond, 'now', 0);
    expect(await app.event('pond.splash')).toEqual({ event: 'pond.splash', topic: pond, data: { text: 'now' } });
    mesh.ponds.splash(pond, 'too early', 1);
    mesh.ponds.append(pond, { text: 'a' });
    mesh.ponds.splash(pond, 'after a', 1);
    expect(await app.event('pond.splash')).toMatchObject({ data: { text: 'after a' } });
  });

  it('tells the position of an event that it does not know, without contents', async () => {
    const mesh = await start();
    const app = await mesh.app();
    mesh.ponds.append(pond, { event: 'pond.unheard' });
    expect(await app.event('pond.unheard')).toEqual({ event: 'pond.unheard', topic: pond, seq: 1 });
  });

  it('makes a topic stale whose gap cannot be filled, and joins it again with head and rights', {
    timeout: 15_000,
  }, async () => {
    const mesh = await start();
    const [first, second] = [await mesh.app(asha), await mesh.app(ravi)];
    let holds = true;
    mesh.ponds.beforeAnswer = async (kind) => {
      if (kind === 'entries' && holds) throw new Error('away');
      if (kind === 'rights') holds = false;
    };
    mesh.ponds.expel(ravi.userKey, pond, true);
    const began = performance.now();
    mesh.ponds.append(pond, { text: 'b' });
    expect(positions(await first.event('joined'))).toEqual({ [pond]: 2 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(gapMsMax - 100);
    mesh.ponds.append(pond, { text: 'c' });
    expect(await said(first, 1)).toEqual(['3 c']);
    await second.call('ping');
    expect(second.frames.filter((frame) => frame.topic === pond)).toEqual([]);
  });

  it('finds the lost last event of a quiet topic by comparing heads, and counts it', async () => {
    const mesh = await start();
    const app = await mesh.app();
    mesh.ponds.append(pond, { text: 'lost' }, true);
    mesh.say.gap([pond]);
    expect(await said(app, 1)).toEqual(['1 lost']);
    expect(mesh.edge.counters.headBehind).toBe(1);
  });
});

describe('a connection to a service that is lost', () => {
  it('loses nothing: heads are compared when it is back', async () => {
    const mesh = await start();
    const app = await mesh.app();
    await app.call('pond.echo', { pond_id: '1' });
    mesh.ponds.append(pond, { text: 'before' });
    mesh.ponds.append(pond, { text: 'lost' }, true);
    mesh.ponds.append(pond, { text: 'lost too' }, true);
    mesh.say.gap([pond, 'q:unknown', `d:${asha.userKey}`]);
    expect(await said(app, 3)).toEqual(['1 before', '2 lost', '3 lost too']);
  });
});

describe('rights', () => {
  it("follow a grant in the user's log, from the position that is told", async () => {
    const mesh = await start();
    const app = await mesh.app();
    mesh.ponds.append('q:2', { text: 'before' });
    mesh.ponds.admit(asha.userKey, 'q:2', true);
    expect(await app.event('pond.notice')).toMatchObject({ topic: `u:${asha.userKey}`, seq: 1 });
    expect(positions(await app.event('joined'))).toEqual({ 'q:2': 1 });
    mesh.ponds.append('q:2', { text: 'after' });
    expect(await app.next((frame) => frame.topic === 'q:2')).toMatchObject({ seq: 2, data: { text: 'after' } });
  });

  it('end with the entry that revokes them: it and what follows is not sent', async () => {
    const mesh = await start();
    const [first, second] = [await mesh.app(asha), await mesh.app(ravi)];
    mesh.ponds.append(pond, { text: 'a' });
    mesh.ponds.expel(ravi.userKey, pond);
    mesh.ponds.append(pond, { text: 'b' });
    expect(await said(first, 3)).toEqual(['1 a', `2 ${ravi.userKey} left`, '3 b']);
    expect(await said(second, 1)).toEqual(['1 a']);
    await second.call('ping');
    expect(second.frames.filter((frame) => frame.topic === pond)).toEqual([]);
  });

  it('ignore a removal that is older than they are', async () => {
    const mesh = await start();
    mesh.ponds.append(pond, { text: 'a' });
    mesh.ponds.admit(ravi.userKey, pond);
    const app = await mesh.app(ravi);
    mesh.ponds.append(`u:${ravi.userKey}`, { revokedTopics: [{ topic: pond, seq: 1 }] });
    mesh.ponds.append(pond, { text: 'b' });
    expect(await said(app, 1)).toEqual(['2 b']);
  });

  it('that were read before a removal count for nothing, even if the topic was not open yet', async () => {
    const mesh = await start();
    let expelled = false;
    mesh.ponds.beforeAnswer = async (kind) => {
      // After the first reading of the grants: the entry is in the log before the edge asks the head.
      if (kind === 'heads' && mesh.ponds.asked.some((each) => each.kind === 'grants') && !expelled) {
        expelled = true;
        mesh.ponds.expel(asha.userKey, pond);
      }
    };
    const app = await mesh.app();
    expect(expelled).toBe(true);
    expect(positions(await app.event('ready'))).not.toHaveProperty(pond);
  });

  it('that end while a session opens on a topic that is open already do not come through', async () => {
    const mesh = await start();
    await mesh.app(ravi);
    mesh.ponds.afterAnswer = () => {
      mesh.ponds.afterAnswer = () => {};
      mesh.ponds.expel(asha.userKey, pond);
    };
    const app = await mesh.app();
    const topics = positions(await app.event('ready'));
    mesh.ponds.append(pond, { text: 'secret' });
    await app.call('ping');
    expect(topics).not.toHaveProperty(pond);
    expect(app.frames.filter((frame) => frame.topic === pond)).toEqual([]);
  });

  it('let an app join a topic that is not followed from the start, and leave it again', async () => {
    const mesh = await start();
    mesh.ponds.admit(asha.userKey, 'q:large');
    mesh.ponds.append('q:large', { text: 'a' });
    const app = await mesh.app();
    expect(positions(await app.event('ready'))).not.toHaveProperty('q:large');
    expect(await app.call('topic.join', { topic: 'q:large' })).toMatchObject({
      ok: true,
      data: { topic: 'q:large', seq: 1 },
    });
    mesh.ponds.append('q:large', { text: 'b' });
    expect(await app.next((frame) => frame.topic === 'q:large')).toMatchObject({ seq: 2 });
    expect(await app.call('topic.leave', { topic: 'q:large' })).toMatchObject({ ok: true });
    mesh.ponds.append('q:large', { text: 'c' });
    await app.call('ping');
    expect(app.frames.filter((frame) => frame.topic === 'q:large')).toEqual([]);
    for (const topic of ['q:9', 'x:1', `u:${ravi.userKey}`, `d:${ravi.userKey}`, 'none']) {
      const refused = await app.call('topic.join', { topic });
      expect(refused, topic).toMatchObject({ error: { reason: 'TOPIC_NOT_FOUND' } });
    }
  });
});

describe('resume', () => {
  it('sends what was missed from the ring, up to exactly the position that was told', async () => {
    const mesh = await start();
    const away = await mesh.app();
    mesh.ponds.append(pond, { text: 'seen' });
    await said(away, 1);
    await away.close();
    for (const text of ['a', 'b']) mesh.ponds.append(pond, { text });
    const app = await mesh.app();
    expect(positions(await app.event('ready'))[pond]).toBe(3);
    mesh.ponds.append(pond, { text: 'c' });
    expect(await said(app, 1)).toEqual(['4 c']);
    const answer = await app.call('session.resume', { positions: { [pond]: 1, 'q:none': 3 } });
    expect(answer).toMatchObject({ data: { topics: { [pond]: 'replayed', 'q:none': 'stale' } } });
    // A number that this log never had: the app's is another, such as one from before a restore.
    const ahead = await app.call('session.resume', { positions: { [pond]: 99 } });
    expect(ahead).toMatchObject({ data: { topics: { [pond]: 'stale' } } });
    expect(await said(app, 2)).toEqual(['2 a', '3 b']);
    expect(app.frames.filter((frame) => frame.topic === pond)).toEqual([]);
    expect(mesh.ponds.asked.filter(({ kind }) => kind === 'entries')).toEqual([]);
  });

  it('reads the log where the ring does not reach, once for all who ask at once; too far is stale', async () => {
    const mesh = await start();
    for (let n = 0; n < 600; n++) mesh.ponds.append(pond, { text: `${n}` });
    const [first, second] = [await mesh.app(asha), await mesh.app(ravi)];
    const near = { positions: { [pond]: 590 } };
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    mesh.ponds.beforeAnswer = () => held;
    const asking = [first.call('session.resume', near), second.call('session.resume', near)];
    await Promise.all([first.call('ping'), second.call('ping')]);
    release();
    const answers = await Promise.all(asking);
    for (const answer of answers) expect(answer).toMatchObject({ data: { topics: { [pond]: 'replayed' } } });
    expect((await said(first, 10))[0]).toBe('591 590');
    expect((await said(second, 10))[9]).toBe('600 599');
    expect(mesh.ponds.asked.filter(({ kind }) => kind === 'entries')).toHaveLength(1);
    const far = await first.call('session.resume', { positions: { [pond]: 10 } });
    expect(far).toMatchObject({ data: { topics: { [pond]: 'stale' } } });
    mesh.ponds.floor = 595;
    const gone = await first.call('session.resume', { positions: { [pond]: 592 } });
    expect(gone).toMatchObject({ data: { topics: { [pond]: 'stale' } } });
  });

  it('from below the number since which the right is valid is stale', async () => {
    const mesh = await start();
    mesh.ponds.append(pond, { text: 'a' });
    mesh.ponds.append(pond, { text: 'b' });
    mesh.ponds.admit(asha.userKey, pond);
    mesh.ponds.append(pond, { text: 'c' });
    const app = await mesh.app();
    const answer = await app.call('session.resume', { positions: { [pond]: 1 } });
    expect(answer).toMatchObject({ data: { topics: { [pond]: 'stale' } } });
  });

  it('asks again for an event whose contents were deleted since', async () => {
    const mesh = await start();
    const app = await mesh.app();
    mesh.ponds.append(pond, { text: 'a secret' });
    mesh.ponds.log(pond)[0] = { ...mesh.ponds.log(pond)[0]!, data: Buffer.alloc(0) };
    mesh.ponds.append(pond, { text: 'deleted', blanked: [1] });
    await said(app, 2);
    const again = await mesh.app();
    await again.call('session.resume', { positions: { [pond]: 0 } });
    expect((await said(again, 2))[0]).not.toContain('secret');
  });

  it('is cut into pages: what does not fit is named, to be asked for again', async () => {
    const mesh = await start();
    const topics = Array.from({ length: 6 }, (_, n) => `q:page${n}`);
    for (const topic of topics) {
      mesh.ponds.admit(asha.userKey, topic);
    }
    const first = await mesh.app();
    for (const topic of topics) mesh.ponds.append(topic, { text: 'x'.repeat(50_000) });
    for (const topic of topics) await first.next((frame) => frame.topic === topic);
    const app = await mesh.app();
    const positionsOf = (names: readonly string[]): Json => ({
      positions: Object.fromEntries(names.map((name) => [name, 0])),
    });
    const page = (await app.call('session.resume', positionsOf(topics))).data as { topics: Json; remaining: string[] };
    expect(Object.keys(page.topics)).toHaveLength(2);
    expect(page.remaining).toHaveLength(4);
    const next = (await app.call('session.resume', positionsOf(page.remaining))).data as { topics: Json };
    expect(Object.keys(next.topics)).toHaveLength(2);
  });
});
