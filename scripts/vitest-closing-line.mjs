// Ends a run with what was skipped and what failed, by name, and the plain line that CI reads:
// `N passed, N failed`, and `, N skipped`.

export default class ClosingLine {
  onTestRunEnd(modules, errors) {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    const named = new Set();
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      // A file that could not be collected has no tests and yet failed.
      if (module.errors().length > 0) {
        count.failed += 1;
        named.add(`failed: ${module.relativeModuleId}`);
      }
      for (const test of tests) {
        const { state } = test.result();
        if (state === 'passed') count.passed += 1;
        else if (state === 'failed') {
          count.failed += 1;
          named.add(`failed: ${module.relativeModuleId} > ${test.fullName}`);
        } else {
          count.skipped += 1;
          named.add(`skipped: ${module.relativeModuleId} > ${leftOut(test).fullName}`);
        }
      }
    }
    const more = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    const line = `${count.passed} passed, ${count.failed} failed${more}`;
    process.on('exit', () => console.log([...named, line].join('\n')));
  }
}

/** The outermost chapter that was left out whole, or the test itself. */
function leftOut(task) {
  const { parent } = task;
  return parent.type === 'suite' && parent.options.mode === 'skip' ? leftOut(parent) : task;
}
