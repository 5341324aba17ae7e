// The shapes a setting's text may have, each with its parser: numbers are bounded, durations and sizes carry a unit.

import type { Peers } from '../caller/discovery/directory.ts';
import { parseTarget } from '../caller/discovery/target.ts';
import type { Setting, SettingFacts } from './setting.ts';

type Facts<Value, Default> = SettingFacts<Value> & { readonly default?: Default };
type Bounds = { readonly min: number; readonly max: number };

function setting<Value, Default extends string | undefined>(
  name: string,
  shape: string,
  facts: Facts<Value, Default>,
  parse: (text: string) => Value,
): Setting<Value, Default> {
  return { ...facts, name, shape, parse } as Setting<Value, Default>;
}

export function text<Default extends string | undefined = undefined>(name: string, facts: Facts<string, Default>) {
  return setting(name, 'text', facts, (value) => value);
}

export function choice<const Choices extends readonly string[], Default extends string | undefined = undefined>(
  name: string,
  choices: Choices,
  facts: Facts<Choices[number], Default>,
) {
  return setting(name, choices.join(', '), facts, (value): Choices[number] => {
    if (!choices.includes(value)) throw new Error(`is one of ${choices.join(', ')}`);
    return value;
  });
}

export function flag<Default extends string | undefined = undefined>(name: string, facts: Facts<boolean, Default>) {
  return setting(name, 'true or false', facts, (value) => {
    if (value !== 'true' && value !== 'false') throw new Error('is true or false');
    return value === 'true';
  });
}

export function integer<Default extends string | undefined = undefined>(
  name: string,
  facts: Facts<number, Default> & Bounds,
) {
  const { min, max } = facts;
  return setting(name, `${min} to ${max}`, facts, (value) => {
    if (!/^-?[0-9]{1,15}$/.test(value)) throw new Error('is a whole number');
    return within(Number(value), facts, `${min} to ${max}`);
  });
}

export function port<Default extends string | undefined = undefined>(name: string, facts: Facts<number, Default>) {
  return integer(name, { ...facts, min: 0, max: 65_535 });
}

/** Milliseconds from `250ms`, `5s`, `2m`, `12h` or `30d`. */
export function duration<Default extends string | undefined = undefined>(
  name: string,
  facts: Facts<number, Default> & { readonly from: string; readonly to: string },
) {
  const range = `${facts.from} to ${facts.to}`;
  const bounds = { min: milliseconds(facts.from), max: milliseconds(facts.to) };
  return setting(name, `duration, ${range}`, facts, (value) => within(milliseconds(value), bounds, range));
}

/** Bytes from `512B`, `64KiB`, `4MiB` or `1GiB`. */
export function size<Default extends string | undefined = undefined>(
  name: string,
  facts: Facts<number, Default> & { readonly from: string; readonly to: string },
) {
  const range = `${facts.from} to ${facts.to}`;
  const bounds = { min: bytes(facts.from), max: bytes(facts.to) };
  return setting(name, `size, ${range}`, facts, (value) => within(bytes(value), bounds, range));
}

export function url<Default extends string | undefined = undefined>(
  name: string,
  protocols: readonly string[],
  facts: Facts<string, Default>,
) {
  return setting(name, `URL: ${protocols.join(' or ')}`, facts, (value) => {
    // A MongoDB URI may list several hosts, which the URL class refuses: only its scheme is looked at here.
    const scheme = /^([a-z][a-z0-9+.-]*):\/\/[^\s/]/.exec(value)?.[1];
    if (scheme === undefined || !protocols.includes(scheme)) throw new Error(`is a URL: ${protocols.join(' or ')}`);
    return value;
  });
}

/** Items between commas. */
export function list<Default extends string | undefined = undefined>(
  name: string,
  facts: Facts<readonly string[], Default>,
) {
  return setting(name, 'items between commas', facts, (value): readonly string[] => items(value));
}

/** `chat=127.0.0.1:7070,127.0.0.1:7071;presence=dns:///presence:7070`. */
export function peers<Default extends string | undefined = undefined>(name: string, facts: Facts<Peers, Default>) {
  return setting(name, 'service=host:port,…;service=dns:///name:port', facts, parsePeers);
}

const peersMax = 256;

function parsePeers(value: string): Peers {
  const parsed = new Map<string, readonly string[]>();
  for (const part of value.split(';').map((text) => text.trim())) {
    if (part === '') continue;
    const [service = '', addresses = '', ...rest] = part.split('=');
    if (rest.length > 0 || !/^[a-z][a-z0-9_-]*$/.test(service))
      throw new Error(`has a part that is no service: "${part}"`);
    if (parsed.has(service)) throw new Error(`names ${service} twice`);
    const targets = items(addresses);
    for (const target of targets) parseTarget(target);
    if (targets.length === 0 || targets.length > peersMax)
      throw new Error(`gives ${service} 1 to ${peersMax} addresses`);
    parsed.set(service, targets);
  }
  return parsed;
}

function items(value: string): readonly string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function within(value: number, { min, max }: Bounds, range: string): number {
  if (value < min || value > max) throw new Error(`is ${range}`);
  return value;
}

const millisecondsOf: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function milliseconds(value: string): number {
  const [, amount = '', unit = ''] = /^([0-9]{1,9})(ms|s|m|h|d)$/.exec(value) ?? [];
  const factor = millisecondsOf[unit];
  if (factor === undefined) throw new Error('is a duration such as 250ms, 5s, 2m, 12h or 30d');
  return Number(amount) * factor;
}

const bytesOf: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_024 ** 2, GiB: 1_024 ** 3 };

function bytes(value: string): number {
  const [, amount = '', unit = ''] = /^([0-9]{1,9})(B|KiB|MiB|GiB)$/.exec(value) ?? [];
  const factor = bytesOf[unit];
  if (factor === undefined) throw new Error('is a size such as 512B, 64KiB, 4MiB or 1GiB');
  return Number(amount) * factor;
}
