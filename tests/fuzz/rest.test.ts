import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { HttpBinding, MethodSchema } from '../../mesh/schema/api.ts';
import type { Json } from '../../mesh/schema/arbitrary.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { talk } from '../../services/chat/testing/talk.ts';
import { type ChatEdge, openChatEdge } from '../support/chat-edge.ts';
import { atOnce, faultsOf, rounds } from './limits.ts';
import { callersOf, namesOf } from './names.ts';
import { arbitraryData } from './requests.ts';

type Route = readonly [name: string, method: MethodSchema, http: HttpBinding];

const routes: readonly Route[] = [...loadApiFile().methods.values()].flatMap((method) =>
  method.http.map((http): Route => [`${http.verb} ${http.path}`, method, http]),
);

let edge: ChatEdge | undefined;
afterAll(() => edge?.close());

describe('random requests over REST', () => {
  it.each(routes)(
    '%s get an answer or a problem',
    async (_name, method, http) => {
      const opened = await talk();
      edge ??= await openChatEdge(opened.chat);
      const { url, tokenOf } = edge;
      const tokens = await Promise.all(callersOf(method, opened).map((who) => tokenOf(who)));
      const data = arbitraryData(method, await namesOf(opened));

      await fc.assert(
        fc.asyncProperty(fc.array(data, { minLength: atOnce, maxLength: atOnce }), async (round) => {
          const answers = round.map(async (json, n) => {
            const authorization = `Bearer ${tokens[n % tokens.length]}`;
            const { path, body } = asHttp(http, json);
            const response = await fetch(url + path, {
              method: http.verb,
              headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
              ...(body !== undefined && { body }),
            });
            return { status: response.status, text: await response.text() };
          });
          for (const { status, text } of await Promise.all(answers)) {
            const answer = JSON.parse(text) as { code?: string; reason?: string };
            if (status !== 200) expect(answer.reason).toMatch(/^[A-Z_]+$/);
            expect(faultsOf(method)).not.toContain(answer.code);
          }
        }),
        { numRuns: rounds },
      );
    },
    120_000,
  );
});

/** What the path names comes from the JSON; the rest is its body, or its query. */
function asHttp(http: HttpBinding, json: Json): { readonly path: string; readonly body?: string } {
  const fields = json !== null && typeof json === 'object' && !Array.isArray(json) ? { ...json } : {};
  const path = http.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = fields[name];
    delete fields[name];
    return segmentOf(value);
  });
  if (http.body !== '') return { path, body: JSON.stringify(json) };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, segmentOf(each));
  }
  return { path: `${path}?${query}` };
}

function segmentOf(value: Json | undefined): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? 'x');
  // Through UTF-8: lone surrogates have no form in a URL.
  return encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8')) || 'x';
}
