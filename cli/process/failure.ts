// How a command that fails tells why: in one line where a person can mend it (a setting, a path, a port, the
// database), with a stack where it is a fault of ours.

import { UsageError } from './usage-error.ts';

export type Failure = { readonly text: string; readonly exitCode: 1 | 2 };

/** What the operating system has against a path, by its code. */
const ofPaths: Readonly<Record<string, (path: string) => string>> = {
  EACCES: (path) => `this user has no right to ${path}`,
  EPERM: (path) => `this user has no right to ${path}`,
  EEXIST: (path) => `${path} is a file, not a folder`,
  ENOTDIR: (path) => `${path} leads through a file, not a folder`,
  EISDIR: (path) => `${path} is a folder, not a file`,
  ENOENT: (path) => `${path} is not there`,
  EROFS: (path) => `${path} is where nothing can be written`,
  ENOSPC: (path) => `there is no room left for ${path}`,
};

/** The same against an address to listen on. */
const ofAddresses: Readonly<Record<string, (address: string) => string>> = {
  EADDRINUSE: (address) => `${address} is taken by another process`,
  EADDRNOTAVAIL: (address) => `${address} is no address of this machine`,
  EACCES: (address) => `this user has no right to listen on ${address}`,
};

/** As Node says it, and grpc-js with words around it. */
const listening = /\blisten (E[A-Z]+)\b.* ([^\s\]]+)\]?$/;

/** How the end of a command by this error is told. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { text: String(error), exitCode: 1 };
  const { code = '' } = error as { readonly code?: unknown };
  const given =
    error instanceof UsageError || error.name === 'ConfigError' || String(code).startsWith('ERR_PARSE_ARGS');
  if (given) return { text: error.message, exitCode: 2 };
  if (error.name.startsWith('Mongo')) return { text: `the database: ${error.message}`, exitCode: 1 };
  return { text: sentenceOf(error) ?? error.stack ?? error.message, exitCode: 1 };
}

/** Does what depends on settings. Throws what the system has against it as a UsageError that names them. */
export async function withSettings<Result>(names: string, work: () => Promise<Result> | Result): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const sentence = error instanceof Error ? sentenceOf(error) : undefined;
    if (sentence === undefined) throw error;
    throw new UsageError(`${names}: ${sentence}`);
  }
}

/** What the operating system said; undefined where it was not asked. */
function sentenceOf(error: Error): string | undefined {
  const [, listenCode = '', address = ''] = listening.exec(error.message) ?? [];
  const { code, path, hostname, syscall } = error as NodeJS.ErrnoException & { readonly hostname?: string };
  if (listenCode !== '') return ofAddresses[listenCode]?.(address) ?? error.message;
  if (code === 'ENOTFOUND') return `the name ${hostname} is not known`;
  if (code !== undefined && path !== undefined) return ofPaths[code]?.(path) ?? error.message;
  return syscall === undefined ? undefined : error.message;
}
