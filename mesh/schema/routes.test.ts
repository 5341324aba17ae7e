import { describe, expect, it } from 'vitest';
import { CircuitError } from '../errors/circuit-error.ts';
import { restRequest } from './rest-request.ts';
import { compileRoutes } from './routes.ts';
import { kindsApi } from './testdata/kinds.ts';

const routes = compileRoutes(kindsApi);

function call(verb: string, path: string, more: Parameters<typeof restRequest>[1] = {}) {
  const match = routes.match(verb, path)!;
  return restRequest(match, more) as Record<string, unknown>;
}

function violations(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof CircuitError)
      return error.details.violations!.map(({ field, description }) => `${field}: ${description}`);
    throw error;
  }
  return [];
}

describe('a route', () => {
  const found = (verb: string, path: string) => {
    const match = routes.match(verb, path);
    return match && [match.method.event, match.binding.path, match.variables];
  };
  it('is found by verb and path, its variables decoded', () => {
    expect(found('POST', '/api/kinds/a%20b%2Fc/things')).toEqual([
      'thing.make',
      '/api/kinds/{parent_id}/things',
      { parent_id: 'a b/c' },
    ]);
    expect(found('PATCH', '/api/kinds/7')).toEqual(['thing.update', '/api/kinds/{parent_id}', { parent_id: '7' }]);
  });
  it('of literals wins over one of variables, for its own verbs', () => {
    expect(found('GET', '/api/kinds/all/things')?.[1]).toBe('/api/kinds/all/things');
    expect(found('GET', '/api/kinds/allx/things')?.[1]).toBe('/api/kinds/{parent_id}/things');
    expect(found('POST', '/api/kinds/all/things')?.[2]).toEqual({ parent_id: 'all' });
  });
  it('may end in a custom verb; other colons belong to the variable', () => {
    expect(found('GET', '/api/kinds/c:42:list')).toEqual([
      'thing.list',
      '/api/kinds/{parent_id}:list',
      { parent_id: 'c:42' },
    ]);
    expect(found('PATCH', '/api/kinds/c:42')?.[2]).toEqual({ parent_id: 'c:42' });
  });
  it('that is none is not found', () => {
    for (const path of [
      '',
      '/',
      '/api',
      '/api/kinds',
      '/api/kinds/',
      '/api/kinds//things',
      '/api/kinds/1/things/',
      'api/kinds/1',
      `/${'x/'.repeat(999)}`,
    ]) {
      expect(found('GET', path), path).toBeUndefined();
    }
  });
  it('with other verbs says which', () => {
    expect(() => routes.match('DELETE', '/api/kinds/1/things')).toThrow(
      expect.objectContaining({ reason: 'METHOD_NOT_ALLOWED', details: { metadata: { allow: 'GET, POST' } } }),
    );
    expect(() => routes.match('GET', '/api/kinds/1')).toThrow(
      expect.objectContaining({ details: { metadata: { allow: 'PATCH' } } }),
    );
    expect(violations(() => routes.match('PATCH', '/api/kinds/%E0'))).toEqual([
      'parent_id: is not valid percent-encoding',
    ]);
  });
});

describe('the request of a REST call', () => {
  it('has its fields from the path and the query', () => {
    const json = call('GET', '/api/kinds/7/things', {
      query:
        'page_size=50&colors=red&colors=deep_blue&deep=true&near.name=a+b%26&near.within.latitude=-1.5' +
        '&since=2026-01-02T03:04:05Z',
    });
    expect(json).toEqual({
      parent_id: '7',
      page_size: 50,
      colors: ['red', 'deep_blue'],
      deep: true,
      near: { name: 'a b&', within: { latitude: -1.5 } },
      since: '2026-01-02T03:04:05Z',
    });
    expect(routes.match('GET', '/api/kinds/7/things')!.method.request.encodeJson(json).length).toBeGreaterThan(10);
  });
  it('has its body as a whole, or as one field', () => {
    expect(call('POST', '/api/kinds/7/things', { body: { kinds: { text: 'x' }, request_id: 'r' } })).toEqual({
      parent_id: '7',
      request_id: 'r',
      kinds: { text: 'x' },
    });
    expect(call('PUT', '/api/kinds/7/thing', { body: { text: 'x' }, idempotencyKey: 'k' })).toEqual({
      parent_id: '7',
      request_id: 'k',
      kinds: { text: 'x' },
    });
    expect(call('PATCH', '/api/kinds/7', { body: { text: null } })).toEqual({ parent_id: '7', thing: { text: null } });
  });
  it('has a request id: the header, else its own, else a new one', () => {
    expect(call('POST', '/api/kinds/7/things', { body: { request_id: 'r' }, idempotencyKey: 'k' }).request_id).toBe(
      'k',
    );
    const [a, b] = [1, 2].map(() => call('POST', '/api/kinds/7/things').request_id);
    expect(a).toMatch(/^[0-9a-f-]{36}$/);
    expect(a).not.toBe(b);
  });
  it('is refused with what fits nowhere', () => {
    expect(
      violations(() =>
        call('GET', '/api/kinds/7/things', {
          query: 'a=1&near=x&near.x.y=1&page_size=1&page_size=2&__proto__=1&near.name=a&near.name=b',
          body: {},
        }),
      ),
    ).toEqual([
      ': takes no body',
      'a: is unknown',
      'near: is unknown',
      'near.x.y: is unknown',
      'page_size: is given twice',
      '__proto__: is unknown',
      'near.name: is given twice',
    ]);
    expect(violations(() => call('POST', '/api/kinds/7/things', { body: { parent_id: '8' } }))).toEqual([
      'parent_id: is another in the path',
    ]);
    expect(violations(() => call('POST', '/api/kinds/7/things', { body: [] }))).toEqual([': is not an object']);
    expect(violations(() => call('GET', '/api/kinds/7/things', { query: 'deep=1&'.repeat(200) })).length).toBe(20);
    const match = routes.match('GET', '/api/kinds/7/things')!;
    expect(
      violations(() => match.method.request.encodeJson(restRequest(match, { query: 'page_size=x&deep=1' }))),
    ).toEqual(['page_size: is not a whole number', 'deep: is neither true nor false']);
  });
});
