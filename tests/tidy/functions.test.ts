import { join } from 'node:path';
import { isCallExpression, isFunctionLikeDeclaration, type Node, type SourceFile } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, sources } from './source-files.ts';

const linesMax = 70;

let api: API;

beforeAll(() => {
  api = new API({ cwd: root });
});

afterAll(() => api.close());

/** Places of functions with more lines than are read in one go; a `describe` is no function but a chapter. */
function longOnes(file: SourceFile, path: string): readonly string[] {
  const linesOf = (from: number, to: number) => file.text.slice(from, to).split('\n').length;
  const found: string[] = [];
  const visit = (node: Node): void => {
    if (isFunctionLikeDeclaration(node) && !isChapter(node, file)) {
      const start = node.getStart(file);
      const lines = linesOf(start, node.end);
      if (lines > linesMax) found.push(`${path}:${linesOf(0, start)}: ${lines} lines`);
    }
    node.forEachChild(visit);
  };
  visit(file);
  return found;
}

function isChapter({ parent }: Node, file: SourceFile): boolean {
  return isCallExpression(parent) && /^describe\b/.test(parent.expression.getText(file));
}

describe('functions', () => {
  it('are short', () => {
    const [project] = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] }).getProjects();
    const compiled = new Set(project?.program.getSourceFileNames());
    const candidates = sources.filter(({ path, lines }) => lines.length > linesMax && compiled.has(join(root, path)));
    expect(candidates.length).toBeGreaterThan(300);
    const long = candidates.flatMap(({ path }) => {
      const file = project?.program.getSourceFile(join(root, path));
      return file === undefined ? [] : longOnes(file, path);
    });
    expect(long).toEqual([]);
  }, 60_000);
});
