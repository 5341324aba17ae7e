// A whole mesh under mutual TLS: real processes, and certificates as `circuit certs` makes them.

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOverRest } from './rest.ts';
import { account, asha, dataFolder, devToken, ravi, startMesh, type TestMesh, Watched } from './running-mesh.ts';
import { PlainSocket } from './socket.ts';

const caseMs = 120_000;
type Created = { readonly conversation: { readonly conversation_id: string } };
let folder: Awaited<ReturnType<typeof dataFolder>>;
let mesh: TestMesh;
let conversation = '';
const file = (name: string, inside = 'certs') => join(folder.path, inside, name);

beforeAll(async () => {
  folder = await dataFolder();
  mesh = await startMesh(folder.path, {}, ['--tls', '--verbose']);
  const created = await callOverRest<Created>(
    mesh.url,
    await devToken(mesh.url, asha),
    'POST',
    '/api/chat/conversations',
    {
      request_id: 'request-1',
      type: 'direct',
      participant_keys: [ravi],
    },
  );
  conversation = created.conversation.conversation_id;
}, caseMs);
afterAll(async () => {
  if (mesh.up.running) await mesh.stop();
  await folder.remove();
}, caseMs);

/** Asha says it over a socket; resolves when Ravi's socket was told. */
async function say(text: string): Promise<void> {
  const [from, to] = [
    new PlainSocket(mesh.url, await devToken(mesh.url, asha)),
    new PlainSocket(mesh.url, await devToken(mesh.url, ravi)),
  ];
  try {
    await Promise.all([from, to].map((socket) => socket.next(({ event }) => event === 'ready')));
    await from.call('message.send', {
      conversation_id: conversation,
      client_message_id: text,
      content: { type: 'text', text },
    });
    await to.next(({ event, data }) => event === 'message.new' && JSON.stringify(data).includes(text));
  } finally {
    from.close();
    to.close();
  }
}

/** The serial number of the certificate that the services show to a process of the mesh. */
async function shownSerial(): Promise<string> {
  const [host, port] = (await mesh.state()).grpc.split(':');
  const pem = (name: string) => readFileSync(file(name));
  const options = {
    cert: pem('edge-edge.pem'),
    key: pem('edge-edge-key.pem'),
    ca: pem('ca.pem'),
    ALPNProtocols: ['h2'],
  };
  const socket = connect({ host: host as string, port: Number(port), ...options });
  try {
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    return socket.getPeerCertificate().serialNumber;
  } finally {
    socket.destroy();
  }
}

const serialIn = (name: string) => new X509Certificate(readFileSync(file(name))).serialNumber;

/** Makes certificates with `circuit certs`, in a folder of the mesh. */
async function certs(inside: string, ...names: readonly string[]): Promise<void> {
  const made = new Watched(
    ['certs', ...names, '--account', account, '--out', join(folder.path, inside)],
    mesh.environment,
  );
  expect((await made.ended).code).toBe(0);
}

/** An edge beside the mesh, which shows this certificate. */
async function edgeWith(name: string, inside: string): Promise<Watched> {
  return new Watched(['edge'], {
    ...mesh.environment,
    CIRCUIT_PEERS: `chat=${(await mesh.state()).grpc}`,
    CIRCUIT_TOKEN_KEY_FILE: join(folder.path, 'keys/token.pem'),
    CIRCUIT_TLS_CERT_FILE: file(`${name}.pem`, inside),
    CIRCUIT_TLS_KEY_FILE: file(`${name}-key.pem`, inside),
    CIRCUIT_TLS_CA_FILE: file('ca.pem'),
  });
}

describe('a mesh under mutual TLS', { timeout: caseMs }, () => {
  it('carries what is sent over a socket', async () => {
    await say('DO is 2.1');
  });

  it('takes new certificates over while it runs', async () => {
    const before = await shownSerial();
    expect(before).toBe(serialIn('system-chat.pem'));
    const from = mesh.up.lines.length;
    await certs('certs', 'edge/edge', 'system/chat');
    await mesh.up.line(/services .*certificates renewed/, from);
    await mesh.up.line(/edge .*certificates renewed/, from);
    expect(await shownSerial()).toBe(serialIn('system-chat.pem'));
    expect(await shownSerial()).not.toBe(before);
    await say('after the certificates');
    const beforeKill = mesh.up.lines.length;
    await mesh.killAndAwait('services');
    await mesh.up.line(/edge .*link healthy/, beforeKill);
    await say('over a new Link');
  });

  it('refuses a process of another kind, and one of another authority', async () => {
    await certs('certs', 'domain_server/fish');
    await certs('foreign', 'edge/edge');
    const cases = [
      { edge: await edgeWith('domain_server-fish', 'certs'), says: /CALLER_NOT_ALLOWED.*link lost/ },
      { edge: await edgeWith('edge-edge', 'foreign'), says: /UNAVAILABLE.*link lost/ },
    ];
    try {
      for (const { edge, says } of cases) await edge.line(says);
    } finally {
      for (const { edge } of cases) edge.kill('SIGTERM');
    }
    for (const { edge } of cases) {
      expect((await edge.ended).code).toBe(0);
      expect(edge.lines.filter((line) => line.startsWith('{"listening"'))).toEqual([]);
    }
    await mesh.up.line(/a link was refused: not an edge/);
  });
});
