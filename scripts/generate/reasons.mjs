// gen/reasons.ts: the closed list of error reasons with their gRPC codes and sentences, from the enum in proto/.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../set-up.mjs';
import { optionOf, readRegistry } from './descriptors.mjs';

export function generateReasons(registry, target) {
  const codes = registry.getEnum('circuit.options.v1.Code');
  const rows = registry
    .getEnum('circuit.errors.v1.Reason')
    .values.filter((value) => value.number !== 0)
    .map((value) => {
      const rule = optionOf(registry, value, 'reason');
      if (!rule || rule.code === 0 || rule.message === '') throw new Error(`${value.name} needs a code and a message`);
      const code = codes.value[rule.code].name.slice('CODE_'.length);
      const message = JSON.stringify(rule.message);
      const name = value.name.slice('REASON_'.length);
      return `  ${name}: { number: ${value.number}, code: '${code}', message: ${message} },`;
    });
  writeFileSync(
    target,
    [
      '// Made by scripts/generate/reasons.mjs from proto/circuit/errors/v1/reason.proto.\n',
      'export const reasons = {',
      ...rows,
      '} as const;\n',
    ].join('\n'),
  );
}

if (process.argv[1] === import.meta.filename) generateReasons(readRegistry(), join(root, 'gen/reasons.ts'));
