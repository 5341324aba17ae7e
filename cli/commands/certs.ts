// `circuit certs`: a local authority and certificates of it, for trying mutual TLS between processes.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeAuthority, makeCertificate, type Signed, type Subject } from '../certs/authority.ts';
import { withSettings } from '../process/failure.ts';
import { UsageError } from '../process/usage-error.ts';

const usage = `circuit certs <name>… [--out .circuit/certs] [--account 900000000001]… [--host chat.example]…
              [--days 90]

A name is edge/edge, system/chat, system/chat.presence (a process that serves both) or domain_server/fish; accounts are
those of the domain servers among them. The authority (ca.pem, ca-key.pem) is made once and kept; a certificate is made
anew each time: processes take it over while they run.`;

const shape = /^(edge|system|domain_server)\/([a-z0-9][a-z0-9._-]{0,126})$/;
const accountShape = /^[0-9]{12}$/;
const daysMax = 825;
const ownerOnly = 0o600;
const hostsAlways = ['localhost', '127.0.0.1', '::1'];

export async function run(args: readonly string[]): Promise<void> {
  const { out, subjects, days } = optionsOf(args);
  await withSettings('--out', () => mkdirSync(out, { recursive: true, mode: 0o700 }));
  const authority = authorityIn(out);
  for (const subject of subjects) {
    const name = `${subject.kind}-${subject.key}`;
    write(out, name, makeCertificate(authority, subject, days));
    process.stdout.write(`${join(out, `${name}.pem`)} ${join(out, `${name}-key.pem`)}\n`);
  }
  process.stdout.write(`${join(out, 'ca.pem')}\n`);
}

/** The authority of the folder; made where there is none. */
function authorityIn(folder: string): Signed {
  const [cert, key] = [join(folder, 'ca.pem'), join(folder, 'ca-key.pem')];
  if (existsSync(cert) && existsSync(key)) {
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  }
  const made = makeAuthority();
  write(folder, 'ca', made);
  return made;
}

/** The key first: who finds the new certificate finds its key. */
function write(folder: string, name: string, { cert, key }: Signed): void {
  writeFileSync(join(folder, `${name}-key.pem`), key, { mode: ownerOnly });
  writeFileSync(join(folder, `${name}.pem`), cert);
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
        days: { type: 'string', default: '90' },
      },
    });
    const days = Number(values.days);
    if (!Number.isInteger(days) || days < 1 || days > daysMax) throw new Error(`--days is 1 to ${daysMax}`);
    if (!values.account.every((account) => accountShape.test(account))) throw new Error('an account has 12 digits');
    if (positionals.length === 0) throw new Error('a name is needed');
    const hosts = [...hostsAlways, ...values.host];
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
