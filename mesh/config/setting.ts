// One setting: a name in the environment, what its text may be, and what it means. Values are parsed once, at start.

/** Which processes read a setting. */
export type Role = 'edge' | 'service' | 'store' | 'migrate';

export type SettingFacts<Value> = {
  /** One sentence or two, for the README's table. */
  readonly doc: string;
  /** The value when the environment says nothing, as one would write it there; absent: undefined. */
  readonly default?: string;
  readonly usedBy: readonly Role[];
  /** Never printed, and also read from the file that `<NAME>_FILE` names. */
  readonly secret?: boolean;
  /** Of a secret that changes while the process runs: the setting that names its file. It has no `_FILE` of its own. */
  readonly rereadFrom?: string;
  /** What is wrong with a value that has the right shape; undefined when nothing is. */
  readonly check?: (value: Value) => string | undefined;
};

export type Setting<Value, Default extends string | undefined = string | undefined> = SettingFacts<Value> & {
  readonly name: string;
  /** The shape, for people, such as `duration, 1s to 10m`. */
  readonly shape: string;
  readonly default?: Default;
  /** The value of a text. Throws an Error whose message completes "NAME …". */
  parse(text: string): Value;
};

/** What a setting gives: never undefined where it has a default. */
export type ValueOf<S> =
  S extends Setting<infer Value, infer Default> ? (undefined extends Default ? Value | undefined : Value) : never;
