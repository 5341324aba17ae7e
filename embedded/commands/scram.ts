// SCRAM-SHA-256 (RFC 5802, RFC 7677) as MongoDB speaks it: saslStart and saslContinue.
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Binary } from 'bson';
import { bsonType, type Raw } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { Call, Login, Reply } from './engine.ts';

/** Rounds of key derivation, as in MongoDB. */
export const iterations = 15_000;

/** What is kept of a password. */
export type Verifier = {
  readonly user: string;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
};

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** The password is compared in Unicode's compatible form; SASLprep's prohibitions are the driver's affair. */
export function verifierOf(user: string, password: string): Verifier {
  const salt = randomBytes(28);
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
  return { user, salt, storedKey, serverKey: hmac(salted, 'Server Key') };
}

export function saslStart({ engine, args, peer }: Call): Reply {
  if (engine.credentials === undefined) throw storeError('AuthenticationFailed', 'this store has no users');
  if (args.text('mechanism') !== 'SCRAM-SHA-256') {
    throw storeError('AuthenticationFailed', 'the only mechanism is SCRAM-SHA-256');
  }
  const { login, message } = startLogin(engine.credentials, payloadOf(args.get('payload')));
  peer.login = login;
  return { conversationId: login.id, done: false, payload: new Binary(message) };
}

export function saslContinue({ args, peer }: Call): Reply {
  const { login } = peer;
  if (login === undefined || args.number('conversationId') !== login.id) {
    throw storeError('ProtocolError', 'No SASL session state found');
  }
  delete peer.login;
  const payload = payloadOf(args.get('payload'));
  const { message, done } = login.step(payload);
  peer.authenticated = true;
  return { conversationId: login.id, done, payload: new Binary(message) };
}

function payloadOf(value: Raw | undefined): Buffer {
  if (value?.type !== bsonType.binary) throw storeError('BadValue', 'a SASL payload must be binary');
  return value.bytes.subarray(value.start + 5, value.end);
}

function startLogin(verifier: Verifier, payload: Buffer): { readonly login: Login; readonly message: Buffer } {
  const first = /^n,,(n=([^,]*),r=([^,]+))/.exec(payload.toString());
  if (first === null) throw failed();
  const [, bare, name, clientNonce] = first as unknown as [string, string, string, string];
  const known = name.replaceAll('=2C', ',').replaceAll('=3D', '=') === verifier.user;
  const nonce = clientNonce + randomBytes(18).toString('base64');
  const serverFirst = `r=${nonce},s=${verifier.salt.toString('base64')},i=${iterations}`;
  const id = randomBytes(4).readUInt32LE() & 0x7fff_ffff;
  const step = (message: Buffer) => {
    const last = /^(c=([^,]*),r=([^,]+)),p=([^,]+)$/.exec(message.toString());
    if (last === null) throw failed();
    const [, withoutProof, binding, echoed, proof] = last as unknown as [string, string, string, string, string];
    if (binding !== 'biws' || echoed !== nonce) throw failed();
    const transcript = `${bare},${serverFirst},${withoutProof}`;
    if (!proves(verifier, transcript, Buffer.from(proof, 'base64')) || !known) throw failed();
    return { message: Buffer.from(`v=${hmac(verifier.serverKey, transcript).toString('base64')}`), done: true };
  };
  return { login: { id, step }, message: Buffer.from(serverFirst) };
}

function proves(verifier: Verifier, transcript: string, proof: Buffer): boolean {
  const signature = hmac(verifier.storedKey, transcript);
  if (proof.length !== signature.length) return false;
  const clientKey = Buffer.from(proof.map((byte, i) => byte ^ signature[i]!));
  return timingSafeEqual(createHash('sha256').update(clientKey).digest(), verifier.storedKey);
}

function failed(): Error {
  return storeError('AuthenticationFailed', 'Authentication failed.');
}
