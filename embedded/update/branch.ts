// A document that is being changed: opened only along the paths that change, everything else stays raw bytes.
import { BsonWriter } from '../bson/build.ts';
import { bsonType, fieldsOf, type Raw, rawDocument } from '../bson/raw.ts';

export type Node = Raw | Branch;

/** An opened document or array. Fields keep their order; an array's names are its positions. */
export type Branch = { readonly array: boolean; names: string[]; values: Node[] };

export function isBranch(node: Node): node is Branch {
  return 'names' in node;
}

/** Opens a document or array; undefined for any other value. */
export function openNode(node: Node): Branch | undefined {
  if (isBranch(node)) return node;
  if (node.type !== bsonType.object && node.type !== bsonType.array) return undefined;
  const fields = fieldsOf(node);
  return {
    array: node.type === bsonType.array,
    names: fields.map(([name]) => name),
    values: fields.map(([, value]) => value),
  };
}

export function newBranch(): Branch {
  return { array: false, names: [], values: [] };
}

export function childAt(branch: Branch, name: string): number {
  return branch.array ? positionOf(name, branch.values.length) : branch.names.indexOf(name);
}

/** An array position below `length`, or −1. */
function positionOf(name: string, length: number): number {
  if (!isPosition(name)) return -1;
  const position = Number(name);
  return position < length ? position : -1;
}

export function isPosition(name: string): boolean {
  return /^(0|[1-9]\d{0,8})$/.test(name);
}

export function writeNode(out: BsonWriter, name: string, node: Node): void {
  if (!isBranch(node)) {
    out.head(node.type, name);
    out.raw(node);
    return;
  }
  out.head(node.array ? bsonType.array : bsonType.object, name);
  writeBranch(out, node);
}

function writeBranch(out: BsonWriter, branch: Branch): void {
  const at = out.open();
  for (let i = 0; i < branch.values.length; i++) {
    writeNode(out, branch.array ? String(i) : branch.names[i]!, branch.values[i]!);
  }
  out.close(at);
}

/** Sets a document's field; with nothing to set, takes it away. */
export function putField(branch: Branch, name: string, value: Node | undefined): void {
  const at = branch.names.indexOf(name);
  if (value === undefined) {
    if (at >= 0) branch.names.splice(at, 1);
    if (at >= 0) branch.values.splice(at, 1);
  } else if (at >= 0) branch.values[at] = value;
  else {
    branch.names.push(name);
    branch.values.push(value);
  }
}

/** The document with this field, in first place. */
export function withFirst(document: Raw, name: string, value: Raw): Raw {
  const branch = openNode(document)!;
  putField(branch, name, undefined);
  branch.names.unshift(name);
  branch.values.unshift(value);
  return sealDocument(branch);
}

/** A branch as a document's bytes. */
export function sealDocument(branch: Branch): Raw {
  const out = new BsonWriter();
  writeBranch(out, branch);
  return rawDocument(out.taken());
}

/** A node as a raw value. */
export function sealNode(node: Node): Raw {
  if (!isBranch(node)) return node;
  const raw = sealDocument(node);
  return node.array ? { ...raw, type: bsonType.array } : raw;
}
