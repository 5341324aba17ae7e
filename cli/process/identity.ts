// What a process has by its configuration to check tokens, to sign them, and to say who it is itself.

import { access, constants } from 'node:fs/promises';
import { type Issuer, openIssuer, type ServiceToken } from '../../mesh/auth/issuer.ts';
import { endOf, openOwnToken } from '../../mesh/auth/own-token.ts';
import { asymmetricKey, secretKey, type TokenKey } from '../../mesh/auth/token-key.ts';
import { openVerifier, type Verifier } from '../../mesh/auth/verifier.ts';
import type { Config } from '../../mesh/config/config.ts';
import type { Metrics } from '../../mesh/telemetry/metrics.ts';
import { withSettings } from './failure.ts';
import type { ProcessGround } from './ground.ts';
import { UsageError } from './usage-error.ts';

export function verifierFor(config: Config, metrics: Metrics): Verifier {
  const key = keyOf(config);
  return openVerifier({
    issuer: config.tokenIssuer,
    audience: config.tokenAudience,
    metrics,
    ...(key === undefined ? {} : { key }),
    ...(config.jwksUrl === undefined ? {} : { jwksUrl: config.jwksUrl }),
  });
}

/** Undefined where this process has no key that signs. */
export function issuerFor(config: Config): Issuer | undefined {
  const key = keyOf(config);
  if (key?.sign === undefined) return undefined;
  return openIssuer({ key, issuer: config.tokenIssuer, audience: config.tokenAudience });
}

/** This process's own token, to present now: given, from a file, or self-signed; empty: its certificate is enough. */
export async function ownTokenFor(
  { config, metrics }: ProcessGround,
  as: ServiceToken,
): Promise<() => Promise<string>> {
  const { serviceTokenFile: file } = config;
  if (file !== undefined) {
    await withSettings('CIRCUIT_SERVICE_TOKEN_FILE', () => access(file, constants.R_OK));
    return measured(openOwnToken({ file }), metrics);
  }
  if (config.serviceToken !== undefined) return measured(openOwnToken({ token: config.serviceToken }), metrics);
  if (config.tlsCertFile !== undefined) return async () => '';
  const issuer = issuerFor(config);
  if (issuer === undefined) throw new UsageError('nothing proves who this process is: its key can only check tokens');
  return openOwnToken({ issuer, as });
}

/** Its end shows in the metrics, as it was at the scrape before: nobody renews a token that nobody sees ending. */
function measured(token: () => Promise<string>, metrics: Metrics): () => Promise<string> {
  metrics.beforeScrape(() => {
    // One that cannot be read is told by the Link that needs it.
    token().then(tell, () => {});
  });
  const tell = (current: string) => {
    const end = endOf(current);
    if (end !== undefined) metrics.gauge('circuit_service_token_expires_seconds', {}).set(end);
  };
  return token;
}

function keyOf(config: Config): TokenKey | undefined {
  if (config.tokenKey !== undefined) return asymmetricKey(config.tokenKey);
  return config.tokenSecret === undefined ? undefined : secretKey(config.tokenSecret);
}
