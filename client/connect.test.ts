import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Client, connect } from './connect.ts';
import { StandingClock } from './testing/clocks.ts';
import { asha, pond, ravi, talk, text, texts, when } from './testing/talk.ts';

describe('a client', () => {
  it('shows what another sends, and the ticks of what was sent', async () => {
    await using mesh = await talk();
    const { view: sender } = await mesh.join(asha);
    const { client, view: reader } = await mesh.join(ravi);
    const heard: string[] = [];
    client.on('message.new', ({ message }, { topic, seq }) => heard.push(`${topic} ${seq} ${message?.content?.text}`));

    const { stored } = sender.send(text('DO is 2.1 in pond A1'));
    expect(sender.messages.at(-1)).toMatchObject({ status: 'sending', content: { text: 'DO is 2.1 in pond A1' } });
    expect(await stored).toMatchObject({ seq: 2 });
    await when(reader, () => texts(reader).length === 1);

    expect(heard).toEqual([`c:${pond} 2 DO is 2.1 in pond A1`]);
    expect(sender.messages.at(-1)?.status).toBe('sent');
    sender.state.event('delivery.status', { conversation_id: pond, user_key: ravi, delivered_seq: 2 }, 0);
    expect(sender.messages.at(-1)?.status).toBe('delivered');
    sender.state.event('delivery.status', { conversation_id: pond, user_key: ravi, read_seq: 2 }, 0);
    expect(sender.messages.at(-1)?.status).toBe('read');
  });

  it('keeps what is written while it is offline, and sends it once and in order', async () => {
    await using mesh = await talk();
    const { client, view } = await mesh.join(asha);
    mesh.edge.ticketStatus = 503;
    mesh.edge.cut();
    await when(client, () => client.state.name === 'offline');
    const sent = ['feed is in', 'aerator on', 'DO rises'].map((words) => view.send(text(words)).stored);
    expect(view.messages.filter(({ status }) => status === 'sending')).toHaveLength(3);

    mesh.edge.ticketStatus = 200;
    client.reconnectNow();
    await Promise.all(sent);
    expect(mesh.edge.chat.messages(pond).map(({ content }) => content)).toMatchObject([
      { text: 'feed is in' },
      { text: 'aerator on' },
      { text: 'DO rises' },
    ]);
  });

  it('names the unacknowledged one before, and sends again from the first when one is refused for now', async () => {
    await using mesh = await talk();
    const { view } = await mesh.join(asha);
    mesh.edge.chat.refusals.push({ code: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE', message: '' });
    await Promise.all(['one', 'two', 'three'].map((words) => view.send(text(words)).stored));

    expect(texts(view)).toEqual(['one', 'two', 'three']);
    const sends = mesh.edge.heard.filter(({ event }) => event === 'message.send').map(({ data }) => data);
    expect(sends[1]?.after).toBe(sends[0]?.client_message_id);
    expect(new Set(sends.map(({ client_message_id }) => client_message_id)).size).toBe(3);
    expect(sends.length).toBeGreaterThan(3);
  });

  it('shows a refused message as failed, sends those behind it, and tries again when told to', async () => {
    await using mesh = await talk();
    const { view } = await mesh.join(asha);
    mesh.edge.chat.refusals.push({ code: 'PERMISSION_DENIED', reason: 'ONLY_ADMINS_CAN_SEND', message: 'No.' });
    const refused = view.send(text('one'));
    const behind = view.send(text('two'));
    await expect(refused.stored).rejects.toMatchObject({ reason: 'ONLY_ADMINS_CAN_SEND' });
    await behind.stored;

    const failed = view.messages.find(({ status }) => status === 'failed');
    expect(failed).toMatchObject({ content: { text: 'one' }, error: { reason: 'ONLY_ADMINS_CAN_SEND' } });
    view.retry(refused.clientMessageId);
    await when(
      view,
      () => texts(view).join() === 'two,one' && view.messages.every(({ status }) => status !== 'sending'),
    );
  });

  it('catches up by resume, and by sync when too much was missed', async () => {
    await using mesh = await talk();
    const { view: writer } = await mesh.join(asha);
    for (const ringLength of [100, 2]) {
      mesh.edge.ringLength = ringLength;
      const { client, view } = await mesh.join(ravi);
      const seen: number[] = [];
      client.on('message.new', (_event, { seq }) => seen.push(seq));
      mesh.edge.ticketStatus = 503;
      mesh.edge.cut(ravi);
      await when(client, () => client.state.name === 'offline');
      const from = mesh.edge.chat.head(`c:${pond}`);
      for (let count = 0; count < 8; count += 1) await writer.send(text(`reading ${count}`)).stored;
      mesh.edge.ticketStatus = 200;
      client.reconnectNow();
      await when(client, () => client.state.name === 'online');

      expect(seen).toEqual(Array.from({ length: 8 }, (_, index) => from + index + 1));
      expect(texts(view)).toEqual(texts(writer));
      client.close();
    }
    expect(mesh.edge.heard.some(({ event }) => event === 'sync')).toBe(true);
  });

  it('tells the app to list again when the log does not reach back', async () => {
    await using mesh = await talk();
    const { view: writer } = await mesh.join(asha);
    const { client, view } = await mesh.join(ravi);
    const gone: string[] = [];
    client.onGone((topic) => gone.push(topic));
    mesh.edge.ringLength = 0;
    mesh.edge.ticketStatus = 503;
    mesh.edge.cut(ravi);
    await when(client, () => client.state.name === 'offline');
    await writer.send(text('feed is in')).stored;
    await writer.send(text('aerator on')).stored;
    mesh.edge.chat.floors.set(`c:${pond}`, mesh.edge.chat.head(`c:${pond}`) - 1);
    mesh.edge.ticketStatus = 200;
    client.reconnectNow();
    await when(view, () => texts(view).join() === 'feed is in,aerator on');
    expect(gone).toEqual([`c:${pond}`]);
  });

  it('acknowledges deliveries in batches, the newest position of each conversation', async () => {
    await using mesh = await talk();
    mesh.edge.chat.make('000000000043', [asha, ravi]);
    const { client: writer } = await mesh.join(asha);
    const { client } = await mesh.join(ravi);
    const acknowledged = () => mesh.edge.heard.filter(({ event }) => event === 'conversation.delivered');
    for (const id of [pond, '000000000043']) {
      for (const words of ['one', 'two']) await writer.conversations.get(id).send(text(words)).stored;
    }
    await client.call('message.list', { conversation_id: pond });
    await expect
      .poll(() => acknowledged().flatMap(({ data }) => data.positions))
      .toContainEqual({
        conversation_id: '000000000043',
        seq: 3,
      });
    expect(acknowledged().length).toBeLessThanOrEqual(3);
  });

  it('renews its token in band before it ends', async () => {
    await using mesh = await talk();
    const tokenFor = (seconds: number) =>
      `x.${btoa(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + seconds }))}.y`;
    let asked = 0;
    const client = mesh.client(asha, { token: async () => tokenFor(asked++ === 0 ? 8 : 3_600) });
    await when(client, () => client.state.name === 'online');
    await expect.poll(() => mesh.edge.heard.filter(({ event }) => event === 'auth.refresh')).toHaveLength(1);
    expect(asked).toBe(2);
    expect(client.state.name).toBe('online');
  });

  it('lists anew when the log of the user was cut', async () => {
    await using mesh = await talk();
    const { client } = await mesh.join(ravi);
    mesh.edge.ringLength = 0;
    mesh.edge.ticketStatus = 503;
    mesh.edge.cut(ravi);
    await when(client, () => client.state.name === 'offline');
    mesh.edge.chat.make('000000000077', [asha, ravi]);
    mesh.edge.chat.floors.set(`u:${ravi}`, mesh.edge.chat.head(`u:${ravi}`));
    mesh.edge.ticketStatus = 200;
    client.reconnectNow();
    await when(client.conversations, () => client.conversations.items.some(({ id }) => id === '000000000077'));
  });

  it('reads again with the next connection what it could not read with this one', async () => {
    await using mesh = await talk();
    const { view: writer } = await mesh.join(asha);
    const { client, view } = await mesh.join(ravi);
    await writer.send(text('feed is in')).stored;
    const away = { code: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE', message: '' };
    for (const event of ['message.list', 'conversation.get']) mesh.edge.broken.set(event, away);
    const asked = (event: string) => mesh.edge.heard.filter((request) => request.event === event).length;
    const before = asked('message.list');
    client.conversations.gone(`c:${pond}`);
    await expect.poll(() => asked('message.list')).toBe(before + 5);
    await writer.send(text('aerator on')).stored;
    expect(client.conversations.items).toEqual([view]);
    mesh.edge.broken.clear();
    mesh.edge.cut(ravi);
    await when(view, () => texts(view).join() === 'feed is in,aerator on');
  });

  it('follows what it joined, though the connection was lost twice in a row', async () => {
    await using mesh = await talk();
    mesh.edge.chat.make('000000000077', [asha]);
    const { client: writer } = await mesh.join(asha);
    const { client } = await mesh.join(ravi);
    await client.join('c:000000000077');
    const heard: (string | undefined)[] = [];
    client.on('message.new', ({ message }) => heard.push(message.content?.text));
    const joins = () => mesh.edge.heard.filter(({ event }) => event === 'topic.join').length;
    mesh.edge.broken.set('topic.join', undefined);
    mesh.edge.cut(ravi);
    await expect.poll(joins).toBe(2);
    mesh.edge.broken.clear();
    mesh.edge.cut(ravi);
    await expect.poll(joins).toBe(3);
    await when(client, () => client.state.name === 'online');
    await writer.conversations.get('000000000077').send(text('harvest begins')).stored;
    await expect.poll(() => heard).toEqual(['harvest begins']);
  });

  it('does not try again to follow what it was refused for good', async () => {
    await using mesh = await talk();
    const { client } = await mesh.join(ravi);
    const refusal = { code: 'PERMISSION_DENIED', reason: 'NOT_A_MEMBER', message: 'No.' };
    mesh.edge.broken.set('topic.join', refusal);
    await expect(client.join('c:000000000077')).rejects.toMatchObject({ reason: 'NOT_A_MEMBER' });
    mesh.edge.broken.clear();
    mesh.edge.cut(ravi);
    await when(client, () => client.state.name !== 'online');
    await when(client, () => client.state.name === 'online');
    expect(mesh.edge.heard.filter(({ event }) => event === 'topic.join')).toHaveLength(1);
  });

  it('lists a thousand conversations page by page, archived ones, too', async () => {
    await using mesh = await talk();
    const id = (index: number) => `${200_000_000_000 + index}`;
    for (let index = 0; index < 1_000; index += 1) mesh.edge.chat.make(id(index), [asha, ravi]);
    for (let index = 0; index < 120; index += 1) mesh.edge.chat.archived.add(id(index));
    const client = mesh.client(asha);
    await client.conversations.load();
    while (client.conversations.hasMore) await client.conversations.loadMore();
    expect(client.conversations.items).toHaveLength(1_001);
    let told = 0;
    client.conversations.subscribe(() => {
      told += 1;
    });
    const { client: writer } = await mesh.join(ravi);
    mesh.edge.cut(asha);
    for (let index = 0; index < 1_000; index += 1) {
      const { stored } = writer.conversations.get(id(index)).send(text('hello'));
      if (index % 100 === 99) await stored;
    }
    await when(client.conversations, () =>
      client.conversations.items.every(({ id: one, unread }) => one === pond || unread === 1),
    );
    expect(told).toBeLessThan(3_000);
  });

  it('has the list with the connection, though the app asked for it while there was none', async () => {
    await using mesh = await talk();
    mesh.edge.ticketStatus = 503;
    const client = mesh.client(asha);
    await when(client, () => client.state.name === 'offline');
    const given = client.call('conversation.list', {}, { timeoutMs: 100 });
    const list = client.conversations.load();
    list.catch(() => undefined);
    await expect(given).rejects.toMatchObject({ reason: 'TIMED_OUT' });
    mesh.edge.ticketStatus = 200;
    client.reconnectNow();
    await when(client.conversations, () => client.conversations.items.length === 1);
  });

  it('is over after a close code from 4500 on, and comes back after one below', async () => {
    await using mesh = await talk();
    const { client } = await mesh.join(asha);
    mesh.edge.closeAll(4000, 'EDGE_DRAINING retry_after_ms=50');
    await when(client, () => client.state.name === 'offline');
    await when(client, () => client.state.name === 'online');
    mesh.edge.closeAll(4500, 'TOKEN_INVALID');
    await when(client, () => client.state.name === 'closed');
    expect(client.state).toEqual({ name: 'closed', code: 4500, reason: 'TOKEN_INVALID' });
    await expect(client.call('conversation.list', {})).rejects.toMatchObject({ reason: 'CLIENT_CLOSED' });
  });

  it('gives up when three fresh tokens in a row are refused', async () => {
    await using mesh = await talk();
    mesh.edge.ticketStatus = 401;
    const client = mesh.client(asha);
    await when(client, () => client.state.name === 'closed');
    expect(client.state).toMatchObject({ reason: 'SIGN_IN_REFUSED' });
  });

  it('waits with calls until there is a connection, and no longer than their time', async () => {
    const clock = new StandingClock();
    const client = connect({
      url: 'http://127.0.0.1:9',
      token: () => new Promise(() => undefined),
      WebSocket,
      clock,
    });
    const call = client.call('conversation.list', {}, { timeoutMs: 2_000 });
    const stop = new AbortController();
    const aborted = client.call('conversation.list', {}, { signal: stop.signal });
    stop.abort();
    await expect(aborted).rejects.toMatchObject({ reason: 'ABORTED_BY_APP' });
    clock.move(2_000);
    await expect(call).rejects.toMatchObject({ reason: 'TIMED_OUT' });
    client.close();
  });

  it('says what is missing where there is no WebSocket', () => {
    const none = { WebSocket: undefined };
    const before = globalThis.WebSocket;
    Object.assign(globalThis, none);
    expect(() => new Client({ url: 'http://127.0.0.1', token: async () => '' })).toThrow(/hand one in/);
    if (before !== undefined) globalThis.WebSocket = before;
  });
});
