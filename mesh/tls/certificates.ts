// This process's certificate, its key, and the authority that its peers' are checked by: from files, which are read
// again and again, so that they may be renewed while it runs. What was good stays until something good replaces it.

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type ChannelCredentials, experimental, type ServerCredentials } from '@grpc/grpc-js';
import type { Logger } from '../telemetry/log.ts';
import { identityOf } from './identity.ts';

export type CertificateFiles = {
  /** PEM: this process's certificate, and those between it and the authority. */
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM: the authority, or several while one replaces another. */
  readonly caFile: string;
};

export type CertificatesOptions = CertificateFiles & {
  readonly log: Logger;
  /** How often the files are looked at; 10 s if not given. */
  readonly rereadMs?: number;
};

type Material = { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer };
type Provider = experimental.CertificateProvider;
type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

const rereadMsDefault = 10_000;

export class Certificates implements Provider {
  readonly #options: CertificatesOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #caListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();
  #material: Material;
  #failed = false;

  /** Throws when the files cannot be read, do not belong together, or have ended. */
  constructor(options: CertificatesOptions) {
    this.#options = options;
    this.#material = read(options);
    demandTime(this.#material);
    this.#timer = setInterval(() => this.reread(), options.rereadMs ?? rereadMsDefault);
    this.#timer.unref();
  }

  /** When this process's certificate ends, in milliseconds since 1970. */
  get expiresAtMs(): number {
    return expiryOf(this.#material);
  }

  /** For a server whose clients must show a certificate of the authority. */
  serverCredentials(): ServerCredentials {
    return experimental.createCertificateProviderServerCredentials(this, this, true);
  }

  /** For connections to processes of services: nobody else is taken for one, whatever name it is reached by. */
  channelCredentials(): ChannelCredentials {
    return experimental.createCertificateProviderChannelCredentials(this, this, {
      checkServerIdentity: (_host, certificate) =>
        identityOf(certificate)?.kind === 'system' ? undefined : new Error('the peer is no process of a service'),
    });
  }

  /** Looks at the files now. New connections use what is found; those that stand go on with what they have. */
  reread(): void {
    const { log, certFile } = this.#options;
    let found: Material;
    try {
      found = read(this.#options);
      if (!isSame(found, this.#material)) demandTime(found);
    } catch (error) {
      if (!this.#failed)
        log.error({ detail: certFile, err: error }, 'new certificates are of no use: the old ones stay');
      this.#failed = true;
      return;
    }
    this.#failed = false;
    if (isSame(found, this.#material)) return;
    this.#material = found;
    log.info({ detail: certFile }, 'certificates renewed');
    for (const listener of this.#caListeners) listener(this.#ca());
    for (const listener of this.#identityListeners) listener(this.#identity());
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    // Later: grpc-js only then hears what it asked for.
    queueMicrotask(() => listener(this.#ca()));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    queueMicrotask(() => listener(this.#identity()));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }

  #ca() {
    return { caCertificate: this.#material.ca };
  }

  #identity() {
    return { certificate: this.#material.cert, privateKey: this.#material.key };
  }
}

function read({ certFile, keyFile, caFile }: CertificateFiles): Material {
  const material = { cert: readFileSync(certFile), key: readFileSync(keyFile), ca: readFileSync(caFile) };
  // Throws where the key is another one's, as in the moment when only one of two files is replaced.
  createSecureContext(material);
  return material;
}

/** Throws for a certificate that nobody would believe any more. */
function demandTime(material: Material): void {
  const expiresAtMs = expiryOf(material);
  if (expiresAtMs <= Date.now()) throw new Error(`it ended at ${new Date(expiresAtMs).toISOString()}`);
}

function expiryOf({ cert }: Material): number {
  return Date.parse(new X509Certificate(cert).validTo);
}

function isSame(one: Material, other: Material): boolean {
  return one.cert.equals(other.cert) && one.key.equals(other.key) && one.ca.equals(other.ca);
}
