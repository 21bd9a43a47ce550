// Compiles the TypeScript sources to dist/ and copies the files that the compiler leaves behind (styles, browser scripts).
// In an installed package there are no sources to build from and dist/ is already there, so this does nothing.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
if (!existsSync(join(root, 'tsconfig.build.json'))) process.exit(0)

/** Of reports/: what runs wrote, and what only tests read. */
const LEFT_OUT = ['out', 'fixture']
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

cpSync(join(root, 'reports'), join(root, 'dist', 'reports'), {
  recursive: true,
  filter: source => !source.endsWith('.ts') && !LEFT_OUT.some(folder => source.startsWith(join(root, 'reports', folder))),
})
