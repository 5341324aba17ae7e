// The parts of MongoDB's unified test format that the CRUD tests use.
import { readFileSync } from 'node:fs';
import { EJSON } from 'bson';

export type Values = Readonly<Record<string, unknown>>;

export type Requirement = {
  readonly minServerVersion?: string;
  readonly maxServerVersion?: string;
  readonly topologies?: readonly string[];
};

export type Operation = {
  readonly name: string;
  readonly object: string;
  readonly arguments?: Values;
  readonly expectResult?: unknown;
  readonly expectError?: Values;
  readonly saveResultAsEntity?: string;
};

export type CollectionContents = {
  readonly collectionName: string;
  readonly databaseName: string;
  readonly documents: readonly Values[];
};

export type TestCase = {
  readonly description: string;
  readonly runOnRequirements?: readonly Requirement[];
  readonly skipReason?: string;
  readonly operations: readonly Operation[];
  readonly expectEvents?: readonly { readonly client: string; readonly events: readonly Values[] }[];
  readonly outcome?: readonly CollectionContents[];
};

export type TestFile = {
  readonly description: string;
  readonly createEntities: readonly Values[];
  readonly runOnRequirements?: readonly Requirement[];
  readonly initialData?: readonly CollectionContents[];
  readonly tests: readonly TestCase[];
};

export function readTestFile(path: string): TestFile {
  return EJSON.parse(readFileSync(path, 'utf8'), { relaxed: true }) as TestFile;
}

/** Why a server of this version and topology is none that the requirements name; undefined if it is one. */
export function unmet(
  requirements: readonly Requirement[] | undefined,
  version: string,
  topology: string,
): string | undefined {
  if (requirements === undefined || requirements.length === 0) return undefined;
  const whys = requirements.map(({ minServerVersion: min, maxServerVersion: max, topologies }) => {
    if (min !== undefined && compareVersions(version, min) < 0) return `is for servers from ${min} on`;
    if (max !== undefined && compareVersions(version, max) > 0) return `is for servers up to ${max}`;
    if (topologies !== undefined && !topologies.includes(topology)) return `is for ${topologies.join(', ')}`;
    return undefined;
  });
  return whys.includes(undefined) ? undefined : whys.join('; ');
}

function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < 3; i++) if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
  return 0;
}
