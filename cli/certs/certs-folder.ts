// A folder with an authority of its own and certificates of it: `circuit certs` fills it, `circuit up --tls` uses it.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority, makeCertificate, type Signed, type Subject } from './authority.ts';

/** Paths of PEM files, as settings name them. */
export type CertFiles = { readonly cert: string; readonly key: string; readonly ca: string };

/** Names by which clients that check those reach a process on this machine. */
export const localHosts: readonly string[] = ['localhost', '127.0.0.1', '::1'];
export const daysDefault = 90;
const ownerOnly = 0o600;

/** Makes certificates anew; the authority is made once and kept. Throws what the file system has against it. */
export function fillCertsFolder(folder: string, subjects: readonly Subject[], days: number): readonly CertFiles[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const authority = authorityIn(folder);
  return subjects.map((subject) => {
    const files = certFilesOf(folder, subject);
    write(files, makeCertificate(authority, subject, days));
    return files;
  });
}

/** Where the certificate of a process is in the folder. */
export function certFilesOf(folder: string, { kind, key }: Pick<Subject, 'kind' | 'key'>): CertFiles {
  const name = `${kind}-${key}`;
  return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}-key.pem`), ca: join(folder, 'ca.pem') };
}

/** The authority of the folder; made where there is none. */
function authorityIn(folder: string): Signed {
  const files = { cert: join(folder, 'ca.pem'), key: join(folder, 'ca-key.pem') };
  if (existsSync(files.cert) && existsSync(files.key)) {
    return { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
  }
  const made = makeAuthority();
  write(files, made);
  return made;
}

/** Each file at once or not at all; a process that sees one of two waits for the other. */
function write(files: Pick<CertFiles, 'cert' | 'key'>, { cert, key }: Signed): void {
  replace(files.key, key, ownerOnly);
  replace(files.cert, cert);
}

function replace(path: string, text: string, mode?: number): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, text, mode === undefined ? {} : { mode });
  renameSync(fresh, path);
}
