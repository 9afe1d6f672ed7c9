/**
 * @file The whole check, `npm test`: format, lint, import order, types, layers, dead code, build, tests. Every step runs even after a
 * failed one; the last line is `N passed, N failed, N skipped`, in which each step counts once and the test step by its tests.
 * `--tests-only` leaves out all but the tests (the second Node leg of CI).
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const testsOnly = process.argv.includes('--tests-only')
const steps = testsOnly
  ? []
  : [
      ['format, lint, import order', 'biome', ['ci', '--error-on-warnings', '.']],
      ['types', 'tsc', ['-p', 'tsconfig.json', '--noEmit']],
      ['types of the page', 'tsc', ['-p', 'web/tsconfig.json', '--noEmit']],
      [
        'layers and circles',
        'depcruise',
        ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'src', 'bench', 'test'],
      ],
      ['dead code', 'knip', ['--no-progress']],
      ['build', 'tsc', ['-p', 'tsconfig.build.json']],
      ['build of the page', 'vite', ['build', 'web', '--logLevel', 'warn']],
    ]

const totals = { passed: 0, failed: 0, skipped: 0 }

for (const [title, tool, options] of steps) {
  const start = Date.now()
  const { status } = runTool(tool, options)
  totals[status === 0 ? 'passed' : 'failed'] += 1
  say(`${status === 0 ? 'ok    ' : 'FAILED'}  ${title} (${((Date.now() - start) / 1000).toFixed(1)} s)`)
}

const tests = runTests()
totals.passed += tests.passed
totals.failed += tests.failed
totals.skipped += tests.skipped
for (const line of tests.notes) say(line)

say(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exitCode = totals.failed === 0 ? 0 : 1

/** Runs vitest and counts what it reports; a run that dies or reports nothing is a failure. */
function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-check-'))
  const file = join(folder, 'tests.json')
  try {
    const { status } = runTool('vitest', ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${file}`])
    const result = JSON.parse(readFileSync(file, 'utf8'))
    const skipped = result.testResults.flatMap((suite) =>
      suite.assertionResults.filter(
        (test) => test.status === 'pending' || test.status === 'skipped' || test.status === 'todo',
      ),
    )
    const brokenFiles = result.testResults.filter(
      (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
    )
    const failed = result.numFailedTests + brokenFiles.length
    return {
      passed: result.numPassedTests,
      failed: failed === 0 && status !== 0 ? 1 : failed,
      skipped: skipped.length,
      notes: skipped.map((test) => `skipped  ${test.fullName}`),
    }
  } catch (error) {
    return { passed: 0, failed: 1, skipped: 0, notes: [`FAILED  tests gave no result: ${error.message}`] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs a tool of this project's node_modules, in this Node, with its output shown. */
function runTool(tool, options) {
  const binaries = {
    biome: '@biomejs/biome/bin/biome',
    tsc: 'typescript/bin/tsc',
    depcruise: 'dependency-cruiser/bin/dependency-cruise.mjs',
    knip: 'knip/bin/knip.js',
    vite: 'vite/bin/vite.js',
    vitest: 'vitest/vitest.mjs',
  }
  return spawnSync(process.execPath, [join('node_modules', binaries[tool]), ...options], { stdio: 'inherit' })
}

function say(line) {
  process.stdout.write(`${line}\n`)
}
