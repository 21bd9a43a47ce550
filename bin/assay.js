#!/usr/bin/env node
import { existsSync } from 'node:fs'

const entry = new URL('../dist/harness/cli.js', import.meta.url)
if (!existsSync(entry)) {
  process.stderr.write('Assay is not built yet. Run `npm ci` (it builds as its last step) or `npm run build`, then try again.\n')
  process.exit(70)
}
await import(entry.href)
