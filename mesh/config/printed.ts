// The configuration for people: as a process prints it, and as the README lists it.

import type { Config } from './config.ts';
import type { Setting } from './setting.ts';
import { settings } from './settings.ts';

const all = Object.entries(settings) as [keyof Config, Setting<unknown>][];

/** `NAME = value` for each setting, secrets as `[set]`; what is not set is left out. */
export function printedConfig(config: Config): string {
  return all
    .filter(([key]) => config[key] !== undefined)
    .map(([key, setting]) => `${setting.name} = ${setting.secret ? '[set]' : printedValue(config[key])}`)
    .join('\n');
}

function printedValue(value: unknown): string {
  if (value instanceof Map) return [...value].map(([name, addresses]) => `${name}=${addresses.join(',')}`).join(';');
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** The Markdown table of every setting. */
export function settingsTable(): string {
  const rows = all.map(([, setting]) => {
    const name = `\`${setting.name}\`${setting.secret && !setting.rereadFrom ? ' (also `_FILE`)' : ''}`;
    const fallback = setting.default === undefined || setting.default === '' ? '' : `\`${setting.default}\``;
    return `| ${name} | ${setting.shape} | ${fallback} | ${setting.usedBy.join(', ')} | ${setting.doc} |`;
  });
  return ['| name | value | default | read by | what it does |', '|---|---|---|---|---|', ...rows].join('\n');
}
