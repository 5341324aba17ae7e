import { describe, expect, it } from 'vitest';
import { openLog } from './log.ts';

function capture(level: 'info' | 'debug' = 'info') {
  const lines: Record<string, unknown>[] = [];
  const log = openLog({
    level,
    fields: { role: 'test' },
    destination: { write: (line) => lines.push(JSON.parse(line)) },
  });
  return { lines, log };
}

describe('the log', () => {
  it('writes one JSON object a line with level, time and the fields of its process', () => {
    const { lines, log } = capture();
    log.info({ port: 8080 }, 'listening');
    expect(lines).toEqual([{ level: 'info', time: expect.any(String), role: 'test', port: 8080, msg: 'listening' }]);
    expect(Date.parse(String(lines[0]?.time))).toBeGreaterThan(0);
  });

  it('takes tokens and bodies out, however they got in', () => {
    const { lines, log } = capture();
    log.warn({ detail: { token: 'eyJhbGciOi', request: { content: 'DO is 2.1' }, topic: 'c:1' } }, 'odd');
    const text = JSON.stringify(lines);
    expect(text).not.toContain('eyJhbGciOi');
    expect(text).not.toContain('DO is 2.1');
    expect(lines[0]).toMatchObject({ detail: { topic: 'c:1', token: '[redacted]' } });
  });

  it('hands its fields to its children and drops lines below its level', () => {
    const { lines, log } = capture();
    const child = log.child({ service: 'chat' });
    child.debug('unheard');
    child.error({ err: new Error('disk full') }, 'failed');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ role: 'test', service: 'chat', err: { message: 'disk full' } });
  });
});
