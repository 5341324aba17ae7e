// The configuration of a process: read from the environment once, at start, into a frozen object. All mistakes are told
// together. Nothing else in the mesh reads the environment.

import { readFileSync } from 'node:fs';
import { rules } from './rules.ts';
import type { Role, Setting, ValueOf } from './setting.ts';
import { settings } from './settings.ts';
import { nearest } from './spelling.ts';

export type Config = { readonly [Key in keyof typeof settings]: ValueOf<(typeof settings)[Key]> };

const all = Object.values(settings) as unknown as readonly Setting<unknown>[];

export type Environment = Readonly<Record<string, string | undefined>>;

export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    const heading = faults.length === 1 ? 'a mistake' : `${faults.length} mistakes`;
    super(`The configuration has ${heading}:\n  ${faults.join('\n  ')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** The configuration of a process of this role; without one, only single settings are checked. Throws ConfigError. */
export function loadConfig(role?: Role, environment: Environment = process.env): Config {
  const faults: string[] = unknownNames(environment);
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(settings) as [string, Setting<unknown>][]) {
    values[key] = readSetting(setting, environment, faults);
  }
  const config = Object.freeze(values) as Config;
  // Rules speak about whole values: where one is missing for its own mistake, theirs would only confuse.
  if (faults.length === 0 && role !== undefined) {
    for (const rule of rules) {
      const fault = rule.roles.includes(role) ? rule.fault(config) : undefined;
      if (fault !== undefined) faults.push(fault);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

function readSetting(setting: Setting<unknown>, environment: Environment, faults: string[]): unknown {
  const { name } = setting;
  const text = fileName(setting).length > 0 ? secretText(name, environment, faults) : environment[name];
  const given = text === undefined || text === '' ? setting.default : text;
  if (given === undefined) return undefined;
  try {
    const value = setting.parse(given);
    const fault = setting.check?.(value);
    if (fault !== undefined) throw new Error(fault);
    return value;
  } catch (error) {
    const shown = setting.secret ? '' : ` (it is "${given}")${kubernetesHint(given)}`;
    faults.push(`${name} ${(error as Error).message}${shown}`);
    return undefined;
  }
}

function secretText(name: string, environment: Environment, faults: string[]): string | undefined {
  const file = environment[`${name}_FILE`];
  if (!file) return environment[name];
  if (environment[name]) {
    faults.push(`${name} and ${name}_FILE are both set: one of them decides`);
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    faults.push(
      `${name}_FILE cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unreadable'} (it is "${file}")`,
    );
    return undefined;
  }
}

/** The second name of a secret, under which its file is named. */
function fileName(setting: Setting<unknown>): readonly string[] {
  return setting.secret && !setting.rereadFrom ? [`${setting.name}_FILE`] : [];
}

/** Names that start like ours and are none: most often a slip of the hand that would pass unseen. */
function unknownNames(environment: Environment): string[] {
  const known = all.flatMap((setting) => [setting.name, ...fileName(setting)]);
  return Object.keys(environment)
    .filter((name) => name.startsWith('CIRCUIT_') && !known.includes(name))
    .map((name) => {
      const meant = nearest(name, known);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      return `${name} is not a setting${hint}${kubernetesHint(environment[name] ?? '')}`;
    });
}

/** Kubernetes puts CIRCUIT_CHAT_PORT=tcp://10.0.0.1:7070 and the like into every pod beside a service of that name. */
function kubernetesHint(value: string): string {
  return value.startsWith('tcp://') ? '; it looks like a Kubernetes service link: set enableServiceLinks: false' : '';
}
