import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeOf, isForTests, root, sources, textFiles } from './source-files.ts';

const self = 'tests/tidy/';
const tests = sources.filter(({ path }) => path.endsWith('.test.ts') && !path.startsWith(self));

function withMatch(files: readonly { readonly path: string; readonly lines: readonly string[] }[], pattern: RegExp) {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

describe('the environment', () => {
  it('is read in mesh/config only, and by tools', () => {
    const tools = /^(mesh\/config|cli|scripts|bench|tests|examples)\/|\.config\.ts$/;
    const others = sources.filter(({ path }) => !tools.test(path) && !isForTests(path));
    expect(withMatch(others, /process\.env\b/)).toEqual([]);
  });

  it('of Deno is never asked for by name: one source runs on both', () => {
    const shared = sources.filter(({ path }) => !path.startsWith(self));
    expect(withMatch(shared, /\bDeno\.[a-z]/)).toEqual([]);
  });
});

describe('tests', () => {
  it('are not left out, but for a tool that this machine lacks, and then by a look at the machine', () => {
    expect(withMatch(tests, /\b(it|test|describe)(\.concurrent|\.sequential)?\.(skip|only|todo|fails)\b/)).toEqual([]);
    const conditional = withMatch(tests, /\.(skipIf|runIf)\(/);
    const looks = /\.(skipIf|runIf)\((!has[A-Z]\w*(\(\))?|has[A-Z]\w*(\(\))?|\w+ === undefined)\)/;
    expect(conditional.filter((line) => !looks.test(line))).toEqual([]);
  });

  it('wait for what happens, not for time to pass', () => {
    expect(withMatch(tests, /await (sleep|delay|wait)\(\s*\d/)).toEqual([]);
  });
});

describe('what is checked in', () => {
  it('has no loose ends', () => {
    const ours = textFiles.filter(({ path }) => !path.startsWith(self) && path !== 'package-lock.json');
    expect(withMatch(ours, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  it('names no machine and no registry', () => {
    const ours = textFiles.filter(({ path }) => !path.startsWith(self));
    expect(
      withMatch(ours, /\/work\/|\/tmp\/bash|\bseeds'|\/home\/[a-z]+\/|\/Users\/[a-z]+\/|(?<![\w.])\/root\//),
    ).toEqual([]);
    const lock = textFiles.filter(({ path }) => path === 'package-lock.json');
    expect(withMatch(lock, /"resolved": "(?!https:\/\/registry\.npmjs\.org\/)/)).toEqual([]);
    const hosts = textFiles.filter(({ path }) => path === '.npmrc' || path === 'Dockerfile' || path.startsWith('.ci/'));
    expect(withMatch(hosts, /registry\s*=|https?:\/\/[^ ]*(registry|nexus|artifactory|mirror)/)).toEqual([]);
  });

  it('exports by name', () => {
    const configs = /\.config\.ts$|^scripts\/vitest-closing-line\.mjs$/;
    const modules = sources.filter(({ path }) => !configs.test(path) && !path.startsWith(self));
    const withDefault = modules.filter((file) => /^export default\b/m.test(codeOf(file))).map(({ path }) => path);
    expect(withDefault).toEqual([]);
  });

  it('tells every decision in one form', () => {
    const form = /^Context, Decision, (Not chosen, )?Consequences, Evidence$/;
    const decisions = textFiles.filter(({ path }) => /^docs\/decisions\/\d{3}-/.test(path));
    expect(decisions.length).toBeGreaterThan(0);
    const other = decisions.filter(({ lines }) => {
      const chapters = lines.filter((line) => line.startsWith('## ')).map((line) => line.slice(3));
      return !form.test(chapters.join(', '));
    });
    expect(other.map(({ path }) => path)).toEqual([]);
  });

  it('re-exports nothing by the dozen', () => {
    expect(
      withMatch(
        sources.filter(({ path }) => !path.startsWith(self)),
        /^export \* from/,
      ),
    ).toEqual([]);
  });

  it('pins every package to one version', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^(npm:[a-z-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });
});

describe('the edge', () => {
  it('names no service: it is driven by descriptors', () => {
    const names = ['chat', 'presence', 'alerts', 'tasks', 'media', 'calls', 'identity', 'notify', 'automation'];
    const edge = sources.filter(({ path }) => path.startsWith('edge/') && !isForTests(path));
    // `calls` and `media` are also plain words: as a service they would stand in quotes or in a path.
    const named = new RegExp(`['"\`/.](${names.join('|')})['"\`/.]`);
    expect(edge.filter((file) => named.test(codeOf(file))).map(({ path }) => path)).toEqual([]);
  });
});
