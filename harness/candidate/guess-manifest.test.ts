import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { CandidateFixture } from './candidate-fixture.ts'
import { guessManifest } from './guess-manifest.ts'
import { parseManifest } from './manifest.ts'

let fixture: CandidateFixture

beforeAll(async () => {
  fixture = await CandidateFixture.create()
})
afterAll(async () => await fixture.remove())

const rows: { title: string; files: Record<string, string>; expected: Record<string, string> }[] = [
  {
    title: 'cargo',
    files: { 'Cargo.toml': '[package]\nname = "chat"\n' },
    expected: { language: 'rust', build: 'cargo build --release', run: 'exec ./target/release/chat' },
  },
  { title: 'go', files: { 'go.mod': 'module chat\n', 'main.go': '' }, expected: { language: 'go', run: 'exec ./server' } },
  {
    title: 'node-with-ws',
    files: { 'package.json': '{"scripts":{"start":"node app.js"},"dependencies":{"ws":"8"}}', 'app.js': '' },
    expected: { language: 'javascript', transport: 'ws', run: 'node app.js' },
  },
  {
    title: 'typescript',
    files: { 'package.json': '{"main":"build/main.js"}', 'tsconfig.json': '{}', 'main.ts': '' },
    expected: { language: 'typescript', build: 'tsc', run: 'exec node build/main.js' },
  },
  {
    title: 'cmake',
    files: { 'CMakeLists.txt': 'project(x)\nadd_executable( chatd main.cpp)\n', 'main.cpp': '' },
    expected: { language: 'cpp', run: 'exec ./build/chatd' },
  },
  {
    title: 'make',
    files: { Makefile: 'all: chatd\nchatd: a.cpp\n\tg++ a.cpp -o chatd\n', 'a.cpp': '' },
    expected: { build: 'make', run: 'exec ./chatd' },
  },
  {
    title: 'java',
    files: { 'Chat.java': 'class Chat {}', 'Server.java': 'package a.b;\nclass Server { public static void main(String[] x) {} }' },
    expected: { language: 'java', build: 'javac -d build *.java', run: 'exec java -cp build a.b.Server' },
  },
  {
    title: 'names that a shell would take apart',
    files: { 'my server.cpp': '', "it's.cpp": '' },
    expected: { language: 'cpp', build: "g++ -std=c++20 -O2 -pthread -o server 'it'\\''s.cpp' 'my server.cpp'" },
  },
  {
    title: 'a script with a space',
    files: { 'my server.py': '' },
    expected: { language: 'python', run: "exec python3 'my server.py'" },
  },
  {
    title: 'python',
    files: { 'main.py': 'import asyncio', 'other.py': '' },
    expected: { language: 'python', transport: 'tcp', run: 'exec python3 main.py' },
  },
]

test.each(rows)('a folder of $title gets a manifest that Assay reads', async ({ title, files, expected }) => {
  const guess = await guessManifest(await fixture.write(title, files))
  const manifest = parseManifest({ text: guess?.yaml ?? '', file: 'candidate.yaml' })
  expect(manifest).toMatchObject({ name: title, ...expected })
  expect(guess?.reasons).toHaveLength(2)
})

const STORE: Record<string, string> = {
  'main.py': 'import os\npeers = os.environ["PEERS"]\nfolder = os.environ["DATA_DIR"]\n',
  'door.py': 'if path.startswith("/kv/"):\n    serve(path)\n',
}

test('a folder whose sources speak of /kv/ and of what nodes are told is a key-value store over http, and says from what', async () => {
  const guess = await guessManifest(await fixture.write('store', STORE))
  expect(parseManifest({ text: guess?.yaml ?? '', file: 'candidate.yaml' })).toMatchObject({ exercise: 'kv', transport: 'http' })
  expect(guess?.reasons.at(-1)).toBe('door.py mentions the path /kv/ and main.py PEERS, so the exercise is kv and the transport http.')
})

test.each(['kv-cpp', 'kv-go', 'kv-python'])('the starter %s without its manifest is found to be a store', async name => {
  const guess = await guessManifest(fileURLToPath(new URL(`../../candidates/starters/${name}`, import.meta.url)))
  expect(parseManifest({ text: guess?.yaml ?? '', file: 'candidate.yaml' })).toMatchObject({ exercise: 'kv', transport: 'http' })
})

test('a path that is a pattern, in a source one folder down, counts as well', async () => {
  const folder = await fixture.write('store-in-src', { 'package.json': '{"scripts":{"start":"node src/door.js"}}' })
  await fixture.write('store-in-src/src', { 'door.js': 'const key = /^\\/kv\\/(.+)$/\nconst peers = process.env.PEERS\n' })
  expect(parseManifest({ text: (await guessManifest(folder))?.yaml ?? '', file: 'candidate.yaml' })).toMatchObject({ exercise: 'kv' })
})

test.each<[string, Record<string, string>]>([
  ['of the path alone', { 'main.py': '', 'door.py': STORE['door.py'] ?? '' }],
  ['of the settings alone', { 'main.py': STORE['main.py'] ?? '' }],
  [
    'of a module of that name',
    { 'go.mod': 'module chat\n', 'main.go': 'import "example.com/kv/store"\nvar dir = os.Getenv("DATA_DIR")\n' },
  ],
])('a folder whose sources speak %s stays a chat server', async (title, files) => {
  const guess = await guessManifest(await fixture.write(`no store, ${title}`, files))
  expect(parseManifest({ text: guess?.yaml ?? '', file: 'candidate.yaml' })).toMatchObject({ exercise: 'chat', transport: 'tcp' })
})

test('a name that YAML would read as something else is quoted', async () => {
  const folder = await fixture.write('1.5', { 'main.py': '' })
  expect(parse((await guessManifest(folder))?.yaml ?? '')).toMatchObject({ name: basename(folder) })
})

test('a folder of nothing that is known gets no guess', async () => {
  expect(await guessManifest(await fixture.write('letters', { 'README.md': 'hello' }))).toBeUndefined()
})
