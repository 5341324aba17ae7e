import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Target, targetOf } from '../protocol/target.ts';
import { describeTour } from '../protocol/tour/tour.ts';
import { isAlive } from './is-alive.ts';
import { callOverRest } from './rest.ts';
import { asha, dataFolder, devToken, environmentOf, ravi, startMesh, type TestMesh, Watched } from './running-mesh.ts';

const startMs = 120_000;
type Created = { readonly conversation: { readonly conversation_id: string } };
type Page = { readonly messages: readonly { readonly content?: { readonly type: string; readonly text?: string } }[] };
let folder: Awaited<ReturnType<typeof dataFolder>>;
let mesh: TestMesh;
let conversation = '';

beforeAll(async () => {
  folder = await dataFolder();
  mesh = await startMesh(folder.path);
}, startMs);
afterAll(async () => {
  if (mesh.up.running) await mesh.stop();
  await folder.remove();
}, startMs);

describe('a mesh on one machine', { timeout: startMs }, () => {
  it('tells where it is, who is ready, and the token of a domain server', async () => {
    const told = mesh.up.lines.join('\n');
    expect(told).toContain(mesh.url);
    expect(told).toContain('Asha 100000000001 · Ravi 100000000002');
    const token = serverTokenOf(mesh);
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ sub: 'fish', kind: 'domain_server', accounts: ['900000000001'] });
  });

  it('answers with the console', async () => {
    const page = await fetch(mesh.url);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('<script');
  });

  it('lets the ready users talk', async () => {
    const [a, b] = await Promise.all([devToken(mesh.url, asha), devToken(mesh.url, ravi)]);
    const created = await callOverRest<Created>(mesh.url, a, 'POST', '/api/chat/conversations', {
      request_id: 'request-1',
      type: 'direct',
      participant_keys: [ravi],
    });
    conversation = created.conversation.conversation_id;
    await callOverRest(mesh.url, a, 'POST', `/api/chat/conversations/${conversation}/messages`, {
      client_message_id: 'message-1',
      content: { type: 'text', text: 'DO is 2.1' },
    });
    expect(await textsOf(b)).toEqual(['DO is 2.1']);
  });

  it('is not started a second time on the same data, and says so', async () => {
    const second = new Watched(['up'], environmentOf(folder.path));
    expect(await second.ended).toEqual({ code: 2, signal: null });
    expect(second.lines.join('\n')).toContain(`a mesh already runs on ${folder.path}`);
    expect(second.lines.join('\n')).toContain(mesh.url);
  });

  it('shows its metrics', async () => {
    const [, edge = ''] = /metrics\s+edge (\S+)/.exec(mesh.up.lines.join('\n')) ?? [];
    const text = await (await fetch(edge)).text();
    expect(text).toContain('circuit_build{');
    expect(text).toMatch(/role="edge"/);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends in order at %s, leaves no process, and finds everything again',
    async (signal) => {
      const { url } = mesh;
      const { processes } = await mesh.state();
      expect(await mesh.stop(signal)).toEqual({ code: 0, signal: null });
      const ending = mesh.up.lines.filter((line) => /ending (edge|services|store)/.test(line));
      expect(ending.map((line) => line.replace(/^.*ending /, ''))).toEqual(['edge', 'services', 'store']);
      expect(Object.values(processes).filter((pid) => isAlive(pid as number))).toEqual([]);

      mesh = await startMesh(folder.path);
      expect(mesh.url).toBe(url);
      expect(await textsOf(await devToken(mesh.url, ravi))).toEqual(['DO is 2.1']);
    },
    startMs,
  );

  it(
    'leaves no process behind when it is killed itself',
    async () => {
      const { processes } = await mesh.state();
      mesh.up.kill('SIGKILL');
      await mesh.up.ended;
      await Promise.all(Object.values(processes).map((pid) => gone(pid as number)));
      mesh = await startMesh(folder.path);
      expect(await devToken(mesh.url, asha)).toMatch(/^ey/);
    },
    startMs,
  );
});

describe('a mesh of three processes', () => {
  let target: Target;
  beforeAll(async () => {
    const { url, grpc } = await mesh.state();
    const [tokenA, tokenB] = await Promise.all([devToken(url, asha), devToken(url, ravi)]);
    target = targetOf({ url, grpc, tokenA, tokenB, serverToken: serverTokenOf(mesh), close: async () => {} });
  });
  describeTour(() => target);
});

/** What is printed for domain servers. */
function serverTokenOf({ up }: TestMesh): string {
  const [token = ''] = /^ey[\w-]+\.[\w-]+\.[\w-]+$/m.exec(up.lines.join('\n')) ?? [];
  return token;
}

/** What people wrote in the conversation, as this user reads it. */
async function textsOf(token: string): Promise<readonly (string | undefined)[]> {
  const path = `/api/chat/conversations/${conversation}/messages`;
  const { messages } = await callOverRest<Page>(mesh.url, token, 'GET', path);
  return messages.flatMap(({ content }) => (content?.type === 'text' ? [content.text] : []));
}

/** Resolves when there is no such process any more: another's child tells nobody of its end, so it is looked for. */
async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((look) => setTimeout(look, 20));
}
