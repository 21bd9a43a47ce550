// Reads vitest's JSON results; prints what was skipped, by name, and then the one line that counts the tests.
// Exits with 1 when there are no results, no test ran, one failed, or a file of tests could not even be loaded.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const [file = ''] = process.argv.slice(2)
const results = readResults(file)
const tests = results.flatMap(({ name, assertionResults }) => assertionResults.map(test => ({ ...test, file: relative('.', name) })))
const withStatus = (...statuses) => tests.filter(({ status }) => statuses.includes(status))
const passed = withStatus('passed')
const failed = withStatus('failed')
const skipped = withStatus('skipped', 'pending', 'todo', 'disabled')
const unloaded = results.filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some(test => test.status === 'failed'),
)

for (const test of skipped) console.log(`skipped  ${test.file}: ${test.fullName}`)
for (const test of failed) console.log(`failed   ${test.file}: ${test.fullName}`)
for (const { name, message } of unloaded) console.log(`failed   ${relative('.', name)}: ${message}`)
console.log(`${passed.length} passed, ${failed.length + unloaded.length} failed, ${skipped.length} skipped`)
process.exit(passed.length > 0 && failed.length + unloaded.length === 0 ? 0 : 1)

function readResults(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults
  } catch (error) {
    console.log(`Expected the results of the tests in ${path}, got: ${error.message}`)
    return []
  }
}
