// Goes through every page that LMDB's file uses, without LMDB: each must be what its parent says it is. A file that
// something has written over is so found and told, where LMDB would end the process.
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { checkDataFile, readMetas } from '../storage/data-file.ts';
import {
  type Meta,
  nodeFlag,
  nodesOf,
  numberAt,
  type Page,
  pageFlag,
  pageHeaderBytes,
  readPage,
  treeIn,
} from '../storage/lmdb-pages.ts';

/** Throws an Error that names the first page that is damaged. Only while nobody has the file open. */
export function checkPages(folder: string): void {
  checkDataFile(folder);
  const path = join(folder, 'data.mdb');
  const file = openSync(path, 'r');
  try {
    const walk = new Walk(file, path, readMetas(file, path).newest);
    walk.all();
  } finally {
    closeSync(file);
  }
}

class Walk {
  private readonly file: number;
  private readonly path: string;
  private readonly meta: Meta;
  /** A page is reached once. */
  private readonly reached: Uint8Array;

  constructor(file: number, path: string, meta: Meta) {
    this.file = file;
    this.path = path;
    this.meta = meta;
    this.reached = new Uint8Array(meta.pages);
  }

  all(): void {
    for (const root of [this.meta.freeRoot, this.meta.mainRoot]) if (root !== undefined) this.tree(root);
  }

  private tree(root: number): void {
    const page = this.page(root, pageFlag.branch | pageFlag.leaf);
    for (const node of this.nodes(root, page)) {
      if ((page.flags & pageFlag.branch) !== 0) this.tree(node.child);
      else if ((node.flags & nodeFlag.big) !== 0) this.run(numberAt(page.bytes, node.at), node.size);
      else if ((node.flags & nodeFlag.tree) !== 0) {
        const inner = treeIn(page, node);
        if (inner !== undefined) this.tree(inner);
      }
    }
  }

  /** The pages of one long value: only the first has a header. */
  private run(first: number, valueBytes: number): void {
    const { bytes } = this.page(first, pageFlag.overflow);
    const count = bytes.readUInt32LE(20);
    const needed = Math.ceil((pageHeaderBytes + valueBytes) / this.meta.pageBytes);
    if (count < needed) throw this.damaged(first, 'has too few pages for its value');
    for (let page = first + 1; page < first + count; page++) this.reach(page);
  }

  private page(number: number, kinds: number): Page {
    this.reach(number);
    const page = readPage(this.file, this.meta, number);
    if (page === undefined) throw this.damaged(number, 'is missing');
    const kind = page.flags & (pageFlag.branch | pageFlag.leaf | pageFlag.overflow);
    const isOne = kind !== 0 && (kind & (kind - 1)) === 0 && (kind & kinds) !== 0;
    if (page.number !== number || page.commit > this.meta.commit || !isOne)
      throw this.damaged(number, 'holds something else');
    return page;
  }

  private reach(number: number): void {
    if (number < 2 || number >= this.meta.pages) throw this.damaged(number, 'does not exist');
    if (this.reached[number] === 1) throw this.damaged(number, 'is used twice');
    this.reached[number] = 1;
  }

  private nodes(number: number, page: Page) {
    try {
      return nodesOf(page);
    } catch (error) {
      if (error instanceof RangeError) throw this.damaged(number, 'holds something else');
      throw error;
    }
  }

  private damaged(page: number, what: string): Error {
    return new Error(
      `the store's file ${this.path} is damaged: its page ${page} ${what}. Put back a copy of the data directory`,
    );
  }
}
