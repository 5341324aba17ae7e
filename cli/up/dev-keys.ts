// The keys of a mesh on one machine: made once under the data folder, readable by their owner only.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../mesh/config/config.ts';

export type DevKeys = { readonly tokenKeyFile: string; readonly idKeyFile: string };

const ownerOnly = 0o600;
const ownerOnlyFolder = 0o700;

export function devKeysIn(dataDir: string): DevKeys {
  const folder = join(dataDir, 'keys');
  return { tokenKeyFile: join(folder, 'token.pem'), idKeyFile: join(folder, 'id-key') };
}

/** Makes the keys that are not there yet. The ones that are stay: ids and tokens that were given out depend on them. */
export function ensureDevKeys(dataDir: string): DevKeys {
  const keys = devKeysIn(dataDir);
  mkdirSync(join(dataDir, 'keys'), { recursive: true, mode: ownerOnlyFolder });
  if (!existsSync(keys.tokenKeyFile)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(keys.tokenKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: ownerOnly });
  }
  if (!existsSync(keys.idKeyFile)) writeFileSync(keys.idKeyFile, randomBytes(32).toString('hex'), { mode: ownerOnly });
  return keys;
}

/** The environment, with the keys of `circuit up` where it names none of its own. */
export function environmentWithDevKeys(environment: Environment): Environment {
  const { tokenKeyFile, idKeyFile } = devKeysIn(environment.CIRCUIT_DATA || '.circuit');
  const named = (name: string) => Boolean(environment[name] || environment[`${name}_FILE`]);
  const signs = named('CIRCUIT_TOKEN_KEY') || named('CIRCUIT_TOKEN_SECRET');
  return {
    ...environment,
    ...(signs || !existsSync(tokenKeyFile) ? {} : { CIRCUIT_TOKEN_KEY_FILE: tokenKeyFile }),
    ...(named('CIRCUIT_ID_KEY') || !existsSync(idKeyFile) ? {} : { CIRCUIT_ID_KEY_FILE: idKeyFile }),
  };
}
