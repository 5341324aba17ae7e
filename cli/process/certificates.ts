// This process's certificate, where one is configured: its peers are then spoken to by mutual TLS alone.

import { Certificates } from '../../mesh/tls/certificates.ts';
import type { Closing } from './closing.ts';
import type { ProcessGround } from './ground.ts';
import { UsageError } from './usage-error.ts';

/** Undefined where there is none. Throws UsageError for files that cannot be used. */
export function certificatesFor({ config, log, metrics }: ProcessGround, closing: Closing): Certificates | undefined {
  const { tlsCertFile: certFile, tlsKeyFile: keyFile, tlsCaFile: caFile } = config;
  if (certFile === undefined || keyFile === undefined || caFile === undefined) return undefined;
  let certificates: Certificates;
  try {
    certificates = new Certificates({ certFile, keyFile, caFile, log });
  } catch (error) {
    throw new UsageError(`the certificate in ${certFile} cannot be used: ${(error as Error).message}`);
  }
  metrics.beforeScrape(() => {
    metrics.gauge('circuit_certificate_expires_seconds', {}).set(certificates.expiresAtMs / 1_000);
  });
  return closing.adopt(certificates, (it) => it.close());
}
