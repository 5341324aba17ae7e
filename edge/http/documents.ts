// What this API is, at `/docs`: for people as a page, for tools as OpenAPI and AsyncAPI. Made once, from descriptors.

import type { Api, MethodSchema, PushSchema } from '../../mesh/schema/api.ts';
import { asyncApi } from '../../mesh/schema/documents/asyncapi.ts';
import { openApi } from '../../mesh/schema/documents/openapi.ts';
import { ownPaths } from './own-paths.ts';
import { type StaticFiles, staticFile } from './static-files.ts';

const title = 'Circuit Mesh';

export type DocumentFilesOptions = {
  /** The product's. */
  readonly version: string;
  /** Whether this edge serves the login of dev mode. */
  readonly devLogin: boolean;
};

/** The documents as files of the edge. */
export function documentFiles(api: Api, { version, devLogin }: DocumentFilesOptions): StaticFiles {
  const options = { title, version, paths: ownPaths({ devLogin }) };
  const files: [string, string][] = [
    ['/docs/openapi.json', JSON.stringify(openApi(api, options))],
    ['/docs/asyncapi.json', JSON.stringify(asyncApi(api, options))],
    ['/docs/docs.css', style],
    ['/docs/index.html', page(api)],
  ];
  const served = new Map(files.map(([path, text]) => [path, staticFile(path, Buffer.from(text))]));
  const index = served.get('/docs/index.html');
  if (index !== undefined) served.set('/docs', index).set('/docs/', index);
  return served;
}

function page(api: Api): string {
  const called = [...api.methods.values()].filter(({ event, http }) => event !== '' || http.length > 0);
  const calls = called.sort((a, b) => (a.event < b.event ? -1 : 1)).map(callRow);
  const pushes = [...api.pushes.values()].map(pushRow);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: the API</title>
<link rel="stylesheet" href="/docs/docs.css">
<main>
<h1>${title}: the API</h1>
<p>For tools: <a href="/docs/openapi.json">OpenAPI 3.1</a> (REST) and <a href="/docs/asyncapi.json">AsyncAPI 3</a>
(WebSocket at <code>/ws</code>, subprotocol <code>circuit.v1.json</code> or <code>circuit.v1.proto</code>).</p>
<h2>Calls</h2>
<table><thead><tr><th>Event</th><th>REST</th><th>What it does</th></tr></thead><tbody>
${calls.join('\n')}
</tbody></table>
<h2>What the server sends</h2>
<table><thead><tr><th>Event</th><th>Topic</th><th>When</th></tr></thead><tbody>
${pushes.join('\n')}
</tbody></table>
</main>
</html>
`;
}

function callRow({ event, http, comment }: MethodSchema): string {
  const rest = http.map(({ verb, path }) => `<code>${verb} ${escaped(path)}</code>`).join('<br>');
  return `<tr><td><code>${escaped(event)}</code></td><td>${rest}</td><td>${escaped(comment)}</td></tr>`;
}

function pushRow({ event, topic, comment }: PushSchema): string {
  const where = topic === 's' ? 'this socket' : `${topic}:…`;
  return `<tr><td><code>${escaped(event)}</code></td><td><code>${where}</code></td><td>${escaped(comment)}</td></tr>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

const style = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 1rem 0.5rem 0; border-top: 1px solid #8884; }
code { font-size: 0.9em; overflow-wrap: anywhere; }
`;
