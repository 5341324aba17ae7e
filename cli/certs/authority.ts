// A certificate authority of one's own, for trying mutual TLS: it signs certificates that name processes as the mesh
// knows them. In production a real authority does this (cert-manager, SPIRE, Vault).

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import forge from 'node-forge';

export type Signed = { readonly cert: string; readonly key: string };

export type Subject = {
  readonly kind: 'edge' | 'system' | 'domain_server';
  readonly key: string;
  /** Of a domain server. */
  readonly accounts?: readonly string[];
  /** Host names and addresses for clients that check those, as other gRPC libraries do. */
  readonly hosts?: readonly string[];
};

const keyBits = 2_048;
const dayMs = 86_400_000;
export const authorityDays = 3_650;
/** Clocks differ: a certificate is good from a little before its making. */
const earlierMs = 60_000;

const uriName = 6;
const dnsName = 2;
const ipName = 7;

/** A new authority. */
export function makeAuthority(): Signed {
  const keys = makeKeys();
  const attributes = [{ name: 'commonName', value: 'Circuit Mesh trial authority' }];
  const extensions = [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ];
  return sign(keys, { attributes, issuer: attributes, extensions, days: authorityDays, by: keys.private });
}

/** A certificate of the authority for a process: as a server and as a client. */
export function makeCertificate(authority: Signed, subject: Subject, days: number): Signed {
  const { kind, key, accounts = [], hosts = [] } = subject;
  const issuer = forge.pki.certificateFromPem(authority.cert).subject.attributes;
  const uris = [`spiffe://circuit/${kind}/${key}`, ...accounts.map((account) => `urn:circuit:account:${account}`)];
  const altNames = [
    ...uris.map((value) => ({ type: uriName, value })),
    ...hosts.map((host) => (isIP(host) ? { type: ipName, ip: host } : { type: dnsName, value: host })),
  ];
  const extensions = [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    { name: 'subjectAltName', altNames },
  ];
  const attributes = [{ name: 'commonName', value: `${kind} ${key}` }];
  const by = forge.pki.privateKeyFromPem(authority.key);
  return sign(makeKeys(), { attributes, issuer, extensions, days, by });
}

type Keys = { readonly public: forge.pki.rsa.PublicKey; readonly private: forge.pki.rsa.PrivateKey };

type Contents = {
  readonly attributes: forge.pki.CertificateField[];
  readonly issuer: forge.pki.CertificateField[];
  readonly extensions: object[];
  readonly days: number;
  readonly by: forge.pki.rsa.PrivateKey;
};

function makeKeys(): Keys {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: keyBits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { public: forge.pki.publicKeyFromPem(publicKey), private: forge.pki.privateKeyFromPem(privateKey) };
}

function sign(keys: Keys, { attributes, issuer, extensions, days, by }: Contents): Signed {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.public;
  // Positive, as the standard asks: its first bit is not set.
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() - earlierMs);
  certificate.validity.notAfter = new Date(Date.now() + days * dayMs);
  certificate.setSubject(attributes);
  certificate.setIssuer(issuer);
  certificate.setExtensions(extensions);
  certificate.sign(by, forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: forge.pki.privateKeyToPem(keys.private) };
}
