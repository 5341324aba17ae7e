// A command that does its work and ends, such as `circuit migrate`.

import { UsageError } from '../process/usage-error.ts';
import { Child, type ChildOptions } from './child.ts';

/** Resolves when it ended well; throws when it did not. */
export async function runToEnd(options: ChildOptions & { readonly run: readonly string[] }): Promise<void> {
  const { code, signal } = await new Child(options).ended;
  if (code !== 0) throw new UsageError(`circuit ${options.run.join(' ')} ended with ${signal ?? code}`);
}
