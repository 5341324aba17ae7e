// Turns a bearer token into a caller, or refuses it. Keys come from the platform's JWKS, from a key of our own, or
// both. Only the algorithm that belongs to a key is taken, whatever a token's header says.

import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { CircuitError } from '../errors/circuit-error.ts';
import { refuse } from '../errors/refuse.ts';
import type { Caller } from '../service/caller.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { callerOf } from './claims.ts';
import type { TokenKey } from './token-key.ts';

export type VerifierOptions = {
  /** Our own key: users, edges, processes of the mesh and domain servers. */
  readonly key?: TokenKey;
  /** Keys of the platform's user server. Where `key` is given too, these speak for users only. */
  readonly jwksUrl?: string;
  readonly issuer: string;
  readonly audience: string;
  /** How far clocks may be apart; 5 s if not given. */
  readonly clockToleranceMs?: number;
  readonly metrics?: Metrics;
  /** Milliseconds since 1970. Tests move it. */
  readonly clock?: () => number;
};

export type Verifier = {
  /** Throws TOKEN_INVALID, TOKEN_EXPIRED, or UNAVAILABLE when the keys cannot be had now. */
  verify(token: string): Promise<Caller>;
  close(): Promise<void>;
};

/** Longer tokens are refused unread. */
export const tokenLengthMax = 8 * 1_024;
/** Verified tokens that are remembered, the latest used first. */
export const rememberedMax = 10_000;
/** So long a remembered token stands before its signature is checked again; a withdrawn key lives on for as long. */
export const rememberedForMs = 60_000;
const jwksTimeoutMs = 5_000;
const jwksAlgorithms = ['EdDSA', 'ES256', 'RS256'];

type Remembered = { readonly caller: Caller; readonly expiresAtMs: number; readonly checkAtMs: number };

export function openVerifier(options: VerifierOptions): Verifier {
  return new TokenVerifier(options);
}

class TokenVerifier implements Verifier {
  readonly #options: VerifierOptions;
  readonly #clock: () => number;
  readonly #toleranceMs: number;
  readonly #jwks: JWTVerifyGetKey | undefined;
  readonly #remembered = new Map<string, Remembered>();
  /** Checks under way: calls under one token go on in the order they came, and one check serves them all. */
  readonly #checking = new Map<string, Promise<Caller>>();

  constructor(options: VerifierOptions) {
    if (options.key === undefined && options.jwksUrl === undefined)
      throw new Error('A verifier needs a key or a JWKS URL.');
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.#toleranceMs = options.clockToleranceMs ?? 5_000;
    this.#jwks = options.jwksUrl
      ? createRemoteJWKSet(new URL(options.jwksUrl), { timeoutDuration: jwksTimeoutMs })
      : undefined;
  }

  async verify(token: string): Promise<Caller> {
    try {
      const caller = await this.#callerOf(token);
      this.#count('verified');
      return caller;
    } catch (error) {
      this.#count(error instanceof CircuitError ? error.reason.toLowerCase() : 'failed');
      throw error;
    }
  }

  async #callerOf(token: string): Promise<Caller> {
    if (token.length > tokenLengthMax) throw refuse('TOKEN_INVALID');
    const now = this.#clock();
    const known = this.#remembered.get(token);
    if (known !== undefined && now < known.checkAtMs) {
      if (now >= known.expiresAtMs + this.#toleranceMs) throw refuse('TOKEN_EXPIRED');
      this.#remembered.delete(token);
      this.#remembered.set(token, known);
      return known.caller;
    }
    const underWay = this.#checking.get(token);
    if (underWay !== undefined) return underWay;
    const check = this.#newCallerOf(token, now).finally(() => this.#checking.delete(token));
    this.#checking.set(token, check);
    return check;
  }

  async #newCallerOf(token: string, now: number): Promise<Caller> {
    const { claims, own } = await this.#check(token, now);
    const caller = callerOf(claims);
    if (caller === undefined) throw refuse('TOKEN_INVALID');
    if (!own && this.#options.key !== undefined && caller.kind !== 'user') throw refuse('TOKEN_INVALID');
    this.#remember(token, { caller, expiresAtMs: (claims.exp ?? 0) * 1_000, checkAtMs: now + rememberedForMs });
    return caller;
  }

  async close(): Promise<void> {
    this.#remembered.clear();
  }

  /** Checks with our own key first: that costs no look-up. */
  async #check(token: string, now: number): Promise<{ claims: JWTPayload; own: boolean }> {
    const { key, issuer, audience } = this.#options;
    const common = {
      issuer,
      audience,
      clockTolerance: this.#toleranceMs / 1_000,
      currentDate: new Date(now),
      requiredClaims: ['sub', 'exp'],
    };
    try {
      if (key !== undefined) {
        const { payload } = await jwtVerify(token, key.verify, { ...common, algorithms: [key.algorithm] });
        return { claims: payload, own: true };
      }
    } catch (error) {
      if (this.#jwks === undefined || !isForAnotherKey(error)) throw refusalOf(error);
    }
    try {
      const { payload } = await jwtVerify(token, this.#jwks as JWTVerifyGetKey, {
        ...common,
        algorithms: jwksAlgorithms,
      });
      return { claims: payload, own: false };
    } catch (error) {
      throw refusalOf(error);
    }
  }

  #count(outcome: string): void {
    this.#options.metrics?.counter('circuit_token_verified_total', { outcome }).inc();
  }

  #remember(token: string, entry: Remembered): void {
    this.#remembered.delete(token);
    this.#remembered.set(token, entry);
    if (this.#remembered.size <= rememberedMax) return;
    const oldest = this.#remembered.keys().next();
    if (!oldest.done) this.#remembered.delete(oldest.value);
  }
}

function isForAnotherKey(error: unknown): boolean {
  return error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed;
}

function refusalOf(error: unknown): Error {
  if (error instanceof errors.JWTExpired) return refuse('TOKEN_EXPIRED');
  const keysAway = error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid;
  // jose tells of a JWKS answer that is not 200 or not JSON by its bare base class; fetch by a TypeError.
  const isJose = error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC';
  if (keysAway || !isJose) return refuse('UNAVAILABLE', { cause: error });
  return refuse('TOKEN_INVALID', { cause: error });
}
