// An independent oracle of MongoDB's update operators, from its manual, on JavaScript values; documents are Maps, for
// the order of their names matters. Answers 'error' where the manual says that the update fails.
import { Decimal128, Double, Int32, Long } from 'bson';
import { compare, isNumeric } from './compare.ts';
import { isOperators, oracleMatches } from './match.ts';

export type Doc = Map<string, unknown>;

export type Change = { readonly operator: string; readonly path: string; readonly operand: unknown };

export type Circumstances = {
  /** What `$` stands for. */
  readonly position?: number;
  /** By name: what `$[name]` lets through. */
  readonly filters?: Readonly<Record<string, unknown>>;
  readonly inserting?: boolean;
  readonly now?: Date;
};

class Fails extends Error {}

export function oracleUpdate(document: Doc, changes: readonly Change[], around: Circumstances = {}): Doc | 'error' {
  const root = copied(document) as Doc;
  const target = ({ operator, path, operand }: Change) => (operator === '$rename' ? String(operand) : path).split('.');
  const source = ({ operator, path }: Change) => (operator === '$rename' ? [path.split('.')] : []);
  try {
    if (touchEachOther(changes.flatMap((each) => [target(each), ...source(each)]))) return 'error';
    if (changes.some((each) => source(each).length > 0 && /\$/.test(`${each.path}${each.operand}`))) return 'error';
    const placed = changes.map((each) => ({ ...each, path: withPosition(each.path, around.position) }));
    if (touchEachOther(placed.flatMap((each) => [target(each), ...source(each)]))) return 'error';
    if (meetInArrays(placed.map(target), root, around)) return 'error';
    const places = placed.flatMap((change, i) => {
      const given = target(changes[i]!);
      const before = given.slice(0, given.indexOf('$'));
      const named = changes.some((other) =>
        `${target(other).join('.')}.`.startsWith([...before, around.position, ''].join('.')),
      );
      const order = (path: Path) => path.map((part, at) => (given[at] === '$' && !named ? '$' : part));
      return expanded(target(change), root, around).map((path) => ({ change, path, order: order(path) }));
    });
    for (const { change, path } of places.sort((a, b) => inOrder(a.order, b.order))) {
      if (change.operator === '$setOnInsert' && !around.inserting) continue;
      if (change.operator === '$rename') rename(root, change.path.split('.'), path);
      else apply(root, path, change, around);
    }
    return root;
  } catch (error) {
    if (error instanceof Fails) return 'error';
    throw error;
  }
}

function withPosition(path: string, position: number | undefined): string {
  if (!path.split('.').includes('$')) return path;
  if (position === undefined) throw new Fails();
  return path.replace(/\.\$(?=\.|$)/, `.${position}`);
}

type Path = readonly string[];

const isFilter = (part: string | undefined) => part?.startsWith('$[') === true;

/** The same path, one below the other, or below one of them an array's elements for one and a name for the other. */
function touch([x, ...a]: Path, [y, ...b]: Path): boolean {
  if (x === undefined || y === undefined || isFilter(x) !== isFilter(y)) return true;
  return x === y && touch(a, b);
}

function pairs<T>(all: readonly T[]): (readonly [T, T])[] {
  return all.flatMap((x, i) => all.slice(i + 1).map((y) => [x, y] as const));
}

function touchEachOther(paths: readonly Path[]): boolean {
  return pairs(paths).some(([a, b]) => touch(a, b));
}

/** Whether two filters let one element through for paths that touch each other from there on. */
function meetInArrays(paths: readonly Path[], root: Doc, around: Circumstances): boolean {
  const meet = (value: unknown, [x, ...a]: Path, [y, ...b]: Path): boolean => {
    if (x === undefined || y === undefined) return false;
    if (isFilter(x) && isFilter(y)) {
      const both = Array.isArray(value)
        ? value.filter((each) => [x, y].every((part) => passes(part, each, around)))
        : [];
      return both.some((each) => touch(a, b) || meet(each, a, b));
    }
    if (x !== y || !(value instanceof Map || Array.isArray(value))) return false;
    return has(value, x) && meet(read(value, x), a, b);
  };
  return pairs(paths).some(([a, b]) => meet(root, a, b));
}

/** A path's places: `$[]` and `$[name]` must stand before the elements of an array. */
function expanded([name, ...rest]: Path, holder: unknown, around: Circumstances): Path[] {
  if (name === undefined) return [[]];
  if (!isFilter(name)) {
    const known = (holder instanceof Map || Array.isArray(holder)) && has(holder, name);
    return expanded(rest, known ? read(holder, name) : undefined, around).map((path) => [name, ...path]);
  }
  if (!Array.isArray(holder)) throw new Fails();
  return holder.flatMap((element, i) => {
    if (!passes(name, element, around)) return [];
    return expanded(rest, element, around).map((path) => [String(i), ...path]);
  });
}

/** Whether `$[]` or `$[name]` stands for an element. */
function passes(part: string, element: unknown, { filters }: Circumstances): boolean {
  const id = part.slice(2, -1);
  return id === '' || oracleMatches({ [id]: filters?.[id] }, { [id]: plain(element) });
}

/** The manual: fields are updated in the order of their names, names that are numbers in that of the numbers. */
function inOrder(a: readonly string[], b: readonly string[]): number {
  let i = 0;
  while (a[i] === b[i]) i++;
  const [x, y] = [a[i] as string, b[i] as string];
  if (x === '$' || y === '$') return x === '$' ? 1 : -1;
  return isIndex(x) && isIndex(y) ? Number(x) - Number(y) : x < y ? -1 : 1;
}

const isIndex = (name: string) => /^\d+$/.test(name);

/** A copy that shares nothing but scalars. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  return value instanceof Map ? new Map([...value].map(([name, inner]) => [name, copied(inner)])) : value;
}

const takesAway = new Set(['$unset', '$pull', '$pullAll', '$pop']);

function apply(holder: unknown, path: readonly string[], change: Change, around: Circumstances): void {
  const [name, ...rest] = path as [string, ...string[]];
  if (!(holder instanceof Map) && !(Array.isArray(holder) && isIndex(name))) {
    if (change.operator === '$unset') return;
    throw new Fails();
  }
  if (rest.length === 0) {
    alter(holder, name, change, around);
    return;
  }
  const there = has(holder, name);
  if (!there) {
    if (takesAway.has(change.operator)) return;
    const made: Doc = new Map();
    apply(made, rest, change, around);
    write(holder, name, made);
    return;
  }
  apply(read(holder, name), rest, change, around);
}

type Holder = Doc | unknown[];

function has(holder: Holder, name: string): boolean {
  return Array.isArray(holder) ? Number(name) < holder.length : holder.has(name);
}

function read(holder: Holder, name: string): unknown {
  return Array.isArray(holder) ? holder[Number(name)] : holder.get(name);
}

function write(holder: Holder, name: string, value: unknown): void {
  if (Array.isArray(holder)) {
    while (holder.length < Number(name)) holder.push(null);
    holder[Number(name)] = value;
  } else holder.set(name, value);
}

function rename(root: Doc, from: readonly string[], to: readonly string[]): void {
  let holder: unknown = root;
  for (const [i, name] of from.entries()) {
    if (!(holder instanceof Map) && !(Array.isArray(holder) && isIndex(name))) throw new Fails();
    if (!has(holder, name)) return;
    if (Array.isArray(holder)) throw new Fails();
    if (i < from.length - 1) holder = holder.get(name);
  }
  for (let above: unknown = root, i = 0; i < to.length && above instanceof Map; i++) {
    above = above.get(to[i]!);
    if (Array.isArray(above) && i < to.length - 1) throw new Fails();
  }
  const last = from.at(-1)!;
  const change = { operator: '$set', path: '', operand: (holder as Doc).get(last) };
  apply(root, to, change, {});
  (holder as Doc).delete(last);
}

const unchanged = Symbol('unchanged');

function alter(holder: Holder, name: string, { operator, operand }: Change, around: Circumstances): void {
  const there = has(holder, name);
  if (operator === '$unset') {
    if (there && Array.isArray(holder)) holder[Number(name)] = null;
    else if (there) (holder as Doc).delete(name);
    return;
  }
  if (!there && takesAway.has(operator)) return;
  const next = outcome(operator, there, there ? read(holder, name) : undefined, operand, around);
  if (next !== unchanged) write(holder, name, next);
}

function outcome(operator: string, there: boolean, old: unknown, operand: unknown, around: Circumstances): unknown {
  switch (operator) {
    case '$set':
    case '$setOnInsert':
      return operand;
    case '$currentDate':
      return around.now;
    case '$inc':
      return there ? calculate(old, operand, 'sum') : operand;
    case '$mul':
      return calculate(there ? old : new Int32(0), operand, 'product');
    case '$bit':
      return bits(there ? old : new Int32(0), operand as Readonly<Record<string, Int32 | Long>>);
    case '$min':
    case '$max': {
      const side = there ? compare(operand, old) : 0;
      return !there || (operator === '$min' ? side < 0 : side > 0) ? operand : unchanged;
    }
    case '$push':
      return push(list(there, old), operand);
    case '$addToSet': {
      const added = [...list(there, old)];
      const wanted = operand instanceof Map && operand.has('$each') ? (operand.get('$each') as unknown[]) : [operand];
      for (const each of wanted) if (!added.some((other) => compare(other, each) === 0)) added.push(each);
      return added;
    }
    case '$pull':
      return list(there, old).filter((each) => !isPulled(each, operand));
    case '$pullAll':
      return list(there, old).filter((each) => !(operand as unknown[]).some((other) => compare(each, other) === 0));
    case '$pop':
      return operand === 1 ? list(there, old).slice(0, -1) : list(there, old).slice(1);
    default:
      throw new Error(operator);
  }
}

function list(there: boolean, old: unknown): unknown[] {
  if (!there) return [];
  if (!Array.isArray(old)) throw new Fails();
  return old;
}

function push(old: unknown[], operand: unknown): unknown[] {
  if (!(operand instanceof Map && operand.has('$each'))) return [...old, operand];
  const position = operand.has('$position') ? Number(operand.get('$position')) : old.length;
  const out = [...old];
  out.splice(position, 0, ...(operand.get('$each') as unknown[]));
  const sort = operand.get('$sort');
  if (sort instanceof Map) {
    const field = (each: unknown, name: string) => (each instanceof Map ? each.get(name) : undefined);
    out.sort((a, b) => {
      for (const [name, direction] of sort) {
        const side = compare(field(a, name), field(b, name)) * Number(direction);
        if (side !== 0) return side;
      }
      return 0;
    });
  } else if (sort !== undefined) out.sort((a, b) => compare(a, b) * Number(sort));
  if (!operand.has('$slice')) return out;
  const slice = Number(operand.get('$slice'));
  return slice < 0 ? out.slice(slice) : out.slice(0, slice);
}

/** A document pulls the documents that it matches as a filter; operators and other values pull what they match. */
function isPulled(element: unknown, condition: unknown): boolean {
  if (!(condition instanceof Map)) return compare(element, condition) === 0;
  const wanted = plain(condition) as Readonly<Record<string, unknown>>;
  if (isOperators(wanted)) return oracleMatches({ e: wanted }, { e: plain(element) });
  return element instanceof Map && oracleMatches(wanted, plain(element));
}

/** As the oracle of filters takes it. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof Map ? Object.fromEntries([...value].map(([name, inner]) => [name, plain(inner)])) : value;
}

function bits(old: unknown, operand: Readonly<Record<string, Int32 | Long>>): unknown {
  if (!(old instanceof Int32) && !(old instanceof Long)) throw new Fails();
  let result = BigInt(String(old));
  let long = old instanceof Long;
  for (const [name, value] of Object.entries(operand)) {
    const other = BigInt(String(value));
    result = name === 'and' ? result & other : name === 'or' ? result | other : result ^ other;
    long ||= value instanceof Long;
  }
  return long ? Long.fromBigInt(result) : new Int32(Number(result));
}

/** int and int give int while it fits, else long; a double makes it double, a decimal decimal. */
function calculate(old: unknown, operand: unknown, what: 'sum' | 'product'): unknown {
  if (!isNumeric(old)) throw new Fails();
  if (old instanceof Decimal128 || operand instanceof Decimal128) {
    const [a, b] = [tenths(old), tenths(operand)];
    if (what === 'product') return Decimal128.fromString(`${a.units * b.units}E-${a.places + b.places}`);
    const places = Math.max(a.places, b.places);
    const scaled = (x: typeof a) => x.units * 10n ** BigInt(places - x.places);
    return Decimal128.fromString(`${scaled(a) + scaled(b)}E-${places}`);
  }
  if (old instanceof Double || operand instanceof Double) {
    const [a, b] = [Number(old), Number(operand)];
    return new Double(what === 'sum' ? a + b : a * b);
  }
  const [a, b] = [BigInt(String(old)), BigInt(String(operand))];
  const whole = what === 'sum' ? a + b : a * b;
  if (whole < -(2n ** 63n) || whole >= 2n ** 63n) throw new Fails();
  const fits = whole >= -(2n ** 31n) && whole < 2n ** 31n;
  return fits && old instanceof Int32 && operand instanceof Int32 ? new Int32(Number(whole)) : Long.fromBigInt(whole);
}

/** A number as units / 10^places; a double with 15 digits, as the manual says of its conversion. */
function tenths(value: unknown): { readonly units: bigint; readonly places: number } {
  const zero = value instanceof Double && value.value === 0;
  const text = value instanceof Double && !zero ? value.value.toPrecision(15) : zero ? '0' : String(value);
  const [whole, fraction = ''] = text.split('.') as [string, string | undefined];
  return { units: BigInt(whole + fraction), places: fraction.length };
}
