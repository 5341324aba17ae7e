// `circuit certs`: a local authority and certificates of it, for trying mutual TLS between processes.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Subject } from '../certs/authority.ts';
import { daysDefault, fillCertsFolder, localHosts } from '../certs/certs-folder.ts';
import { withSettings } from '../process/failure.ts';
import { UsageError } from '../process/usage-error.ts';

export const usage = `circuit certs <name>… [--out .circuit/certs] [--account 900000000001]… [--host chat.example]…
              [--days 90]

A name is edge/edge, system/chat, system/chat.presence (a process that serves both) or domain_server/fish; accounts are
those of the domain servers among them. The authority (ca.pem, ca-key.pem) is made once and kept; a certificate is made
anew each time: processes take it over while they run.`;

const shape = /^(edge|system|domain_server)\/([a-z0-9][a-z0-9._-]{0,126})$/;
const accountShape = /^[0-9]{12}$/;
const daysMax = 825;

export async function run(args: readonly string[]): Promise<void> {
  const { out, subjects, days } = optionsOf(args);
  const written = await withSettings('--out', () => fillCertsFolder(out, subjects, days));
  for (const { cert, key } of written) process.stdout.write(`${cert} ${key}\n`);
  process.stdout.write(`${join(out, 'ca.pem')}\n`);
}

type Options = { readonly out: string; readonly subjects: readonly Subject[]; readonly days: number };

function optionsOf(args: readonly string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: 'string', default: '.circuit/certs' },
        account: { type: 'string', multiple: true, default: [] },
        host: { type: 'string', multiple: true, default: [] },
        days: { type: 'string', default: String(daysDefault) },
      },
    });
    const days = Number(values.days);
    if (!Number.isInteger(days) || days < 1 || days > daysMax) throw new Error(`--days is 1 to ${daysMax}`);
    if (!values.account.every((account) => accountShape.test(account))) throw new Error('an account has 12 digits');
    if (positionals.length === 0) throw new Error('a name is needed');
    const hosts = [...localHosts, ...values.host];
    return { out: values.out, subjects: positionals.map((name) => subjectOf(name, values.account, hosts)), days };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

function subjectOf(name: string, accounts: readonly string[], hosts: readonly string[]): Subject {
  const [, kind, key] = shape.exec(name) ?? [];
  if (kind === undefined || key === undefined) throw new Error(`"${name}" names no process`);
  if (kind === 'domain_server') return { kind, key, accounts, hosts };
  return { kind: kind as 'edge' | 'system', key, hosts };
}
