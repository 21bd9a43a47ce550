#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'

// A process that has been quiet for eight seconds is collected in full to save memory, several times over, by threads on every core: 10 ms
// and more in which a server on the same machine may not run. A measurement does without. Newer engines may not know the flag and would say so.
const LAST_ENGINE_TRIED = 13
if (Number.parseInt(process.versions.v8) <= LAST_ENGINE_TRIED) setFlagsFromString('--gc-memory-reducer-start-delay-ms=100000000')

const entry = new URL('../dist/harness/cli.js', import.meta.url)
if (!existsSync(entry)) {
  process.stderr.write('Assay is not built yet. Run `npm ci` (it builds as its last step) or `npm run build`, then try again.\n')
  process.exit(70)
}
await import(entry.href)
