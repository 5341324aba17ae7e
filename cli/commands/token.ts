// `circuit token user …` and `circuit token service …`: signs a token with the key of the configuration, or with that
// of `circuit up`.

import { parseArgs } from 'node:util';
import type { Issuer, ServiceToken } from '../../mesh/auth/issuer.ts';
import { type Config, loadConfig } from '../../mesh/config/config.ts';
import { issuerFor } from '../process/identity.ts';
import { UsageError } from '../process/usage-error.ts';
import { environmentWithDevKeys } from '../up/dev-keys.ts';

export const usage = `\
circuit token user 100000000001 --account 900000000001 [--name Asha] [--role moderator]… [--ttl 3600]
circuit token service fish --account 900000000001 [--account …] [--ttl 3600]
circuit token service edge --kind edge`;

const id = /^[0-9]{12}$/;
const ttlMax = 365 * 24 * 3_600;

export async function run(args: readonly string[]): Promise<void> {
  const { what, key, values, ttlSeconds } = parse(args);
  const issuer = issuerOf(loadConfig(undefined, environmentWithDevKeys(process.env)));
  const token =
    what === 'user'
      ? await userToken(issuer, key, values, ttlSeconds)
      : await issuer.issueService({ ...serviceOf(key, values), ...(ttlSeconds ? { ttlSeconds } : {}) });
  process.stdout.write(`${token}\n`);
}

type Values = {
  readonly account?: readonly string[];
  readonly name?: string;
  readonly role?: readonly string[];
  readonly kind?: string;
  readonly ttl?: string;
};

function parse(args: readonly string[]) {
  const options = {
    account: { type: 'string', multiple: true },
    name: { type: 'string' },
    role: { type: 'string', multiple: true },
    kind: { type: 'string' },
    ttl: { type: 'string' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [what, key] = positionals;
    if ((what !== 'user' && what !== 'service') || key === undefined) throw new Error('a kind and a key are needed');
    const ttlSeconds = values.ttl === undefined ? undefined : Number(values.ttl);
    if (ttlSeconds !== undefined && !(Number.isInteger(ttlSeconds) && ttlSeconds > 0 && ttlSeconds <= ttlMax)) {
      throw new Error(`--ttl is 1 to ${ttlMax} seconds`);
    }
    return { what, key, values: values as Values, ttlSeconds };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

function issuerOf(config: Config): Issuer {
  const issuer = issuerFor(config);
  if (issuer !== undefined) return issuer;
  throw new UsageError(
    'no key that signs: set CIRCUIT_TOKEN_KEY_FILE or CIRCUIT_TOKEN_SECRET_FILE, or run circuit up once',
  );
}

function userToken(issuer: Issuer, userKey: string, values: Values, ttlSeconds: number | undefined): Promise<string> {
  const accountKey = values.account?.[0];
  if (!id.test(userKey) || accountKey === undefined || !id.test(accountKey)) {
    throw new UsageError(`a user and an account have 12 digits\n\n${usage}`);
  }
  return issuer.issueUser({
    userKey,
    accountKey,
    displayName: values.name ?? '',
    roles: values.role ?? [],
    ...(ttlSeconds ? { ttlSeconds } : {}),
  });
}

function serviceOf(key: string, values: Values): ServiceToken {
  const kind = values.kind ?? 'domain_server';
  if (kind !== 'edge' && kind !== 'system' && kind !== 'domain_server') {
    throw new UsageError(`--kind is edge, system or domain_server\n\n${usage}`);
  }
  const accountKeys = values.account ?? [];
  if (!accountKeys.every((account) => id.test(account))) throw new UsageError(`an account has 12 digits\n\n${usage}`);
  return { kind, key, accountKeys };
}
