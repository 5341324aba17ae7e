// The load hook that plants a bug: hands a module's text on with one piece of it replaced.

import type { LoadHook } from 'node:module';
import { type Plant, type PlantName, plants } from './plants.ts';

let plant: Plant | undefined;

export function initialize(name: PlantName): void {
  plant = plants[name];
  if (plant === undefined) throw new Error(`there is no plant "${name}"`);
}

export const load: LoadHook = async (url, context, next) => {
  const loaded = await next(url, context);
  if (plant === undefined || !url.endsWith(`/${plant.module}`)) return loaded;
  return { ...loaded, source: planted(String(loaded.source), plant) };
};

/** Throws where the piece is not in the text exactly once. */
export function planted(source: string, { module, find, replace }: Plant): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${module} has the text to replace ${parts.length - 1} times, not once`);
  return parts.join(replace);
}
