import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { CandidateFixture, ECHO } from './candidate-fixture.ts'
import { whyNoContainer, type ContainmentName } from './contain-level.ts'
import { CandidateFault } from './fault.ts'
import type { ManifestTarget } from './find-candidate.ts'
import { findToolchain } from './find-toolchain.ts'
import { describeWith } from './needs-fixture.ts'
import { KEPT_OUTPUT_BYTES } from './output-tail.ts'
import { allPids, hasInEnvironment } from './process-stat.ts'
import type { RunningCandidate } from './running-candidate.ts'
import { startCandidate, type StartOptions } from './start-candidate.ts'

const isLinux = process.platform === 'linux'
const noContainer = await whyNoContainer()
const levels: ContainmentName[] = noContainer === undefined ? ['networked', 'group'] : ['group']
/** Set in every fixture's environment, so that whatever is left of one is found, wherever it forked to. */
const LEFTOVER = `ASSAY_TEST=${process.pid}`

let fixture: CandidateFixture
let running: RunningCandidate | undefined

beforeAll(async () => {
  fixture = await CandidateFixture.create()
})
afterAll(async () => await fixture.remove())
afterEach(async () => {
  await running?.stop()
  running = undefined
  expect(allPids().filter(pid => hasInEnvironment(pid, LEFTOVER))).toEqual([])
})

async function start(target: ManifestTarget, options: StartOptions = {}): Promise<RunningCandidate> {
  running = await startCandidate(target, { ...options, extraEnv: { ...options.extraEnv, ASSAY_TEST: String(process.pid) } })
  return running
}

async function faultOf(target: ManifestTarget, options: StartOptions = {}): Promise<CandidateFault> {
  const thrown = await start(target, options).catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(CandidateFault)
  return thrown as CandidateFault
}

describe.skipIf(!isLinux).each(levels)('contained as %s, a server that', containment => {
  const name = (what: string): string => `${what}-${containment}`

  test('hangs at its start is ended when its time is over', async () => {
    const target = await fixture.server(name('hangs'), 'setInterval(() => {}, 1000)', { readyTimeout: 0.5 })
    const fault = await faultOf(target, { containment })
    expect(fault.message).toMatch(/accept connections at 127\.0\.0\.1:\d+ within 0\.5 s; it runs, but listens nowhere/)
  })

  test('dies at its start is named with its exit code and its last words', async () => {
    const target = await fixture.server(name('dies'), 'console.error("no database"); process.exit(3)')
    const fault = await faultOf(target, { containment })
    expect(fault.message).toContain('exited with code 3 by itself')
    expect(fault.output).toContain('no database')
  })

  test('listens on the wrong port is told where it listens', async () => {
    const target = await fixture.server(
      name('elsewhere'),
      'require("node:net").createServer().listen(+process.env.PORT + 1, "127.0.0.2")',
      {
        readyTimeout: 1,
      },
    )
    const fault = await faultOf(target, { containment })
    expect(fault.message).toMatch(/it listens at 127\.0\.0\.2:\d+ instead/)
  })

  test('finds its port taken is told so', async () => {
    const twice = 'const net = require("node:net"); for (const _ of [1, 2]) net.createServer().listen(+process.env.PORT, process.env.HOST)'
    // The first of the two listens for a moment; whether we connect then or not, the early end is seen.
    const target = await fixture.server(name('twice'), twice)
    const fault = await start(target, { containment }).then(
      async candidate => await candidate.exited.then(exit => ({ message: exit.explanation, output: candidate.output() })),
      (error: unknown) => error as CandidateFault,
    )
    expect(fault.message).toContain('exited with code 1 by itself')
    expect(fault.output).toContain('EADDRINUSE')
  })

  test('dies later on is noticed, with how it ended', async () => {
    const target = await fixture.server(name('dies-later'), `${ECHO}; setTimeout(() => process.kill(process.pid, 'SIGSEGV'), 200)`)
    const candidate = await start(target, { containment })
    const exit = await candidate.exited
    expect(exit.cause).toBe('itself')
    expect(exit.signal).toBe('SIGSEGV')
    expect(candidate.hasExited()).toEqual(exit)
  })

  test('ignores SIGTERM is killed after its grace', async () => {
    const target = await fixture.server(name('ignores'), `process.on('SIGTERM', () => console.log('no')); ${ECHO}`)
    const candidate = await start(target, { containment, limits: { graceMs: 300 } })
    const exit = await candidate.stop()
    expect(exit.cause).toBe('killed')
    expect(candidate.output()).toContain('no')
  })

  test('ends in its own time after SIGTERM is given that time', async () => {
    const slow = `process.on('SIGTERM', () => setTimeout(() => { console.log('tidied'); process.exit(0) }, 200)); ${ECHO}`
    const candidate = await start(await fixture.server(name('tidies'), slow), { containment })
    const exit = await candidate.stop()
    expect(exit).toMatchObject({ cause: 'stopped', code: 0 })
    expect(candidate.output()).toContain('tidied')
  })

  test('prints without end is read without end, and only its last words are kept', async () => {
    const flood = `const line = Buffer.from(('\\x1b[2J\\x1b]0;owned\\x07' + 'x'.repeat(100) + '\\n').repeat(5000))
      const more = () => process.stdout.write(line, more); more(); ${ECHO}`
    const candidate = await start(await fixture.server(name('floods'), flood), { containment })
    await sleep(500)
    expect(candidate.output().length).toBeGreaterThan(KEPT_OUTPUT_BYTES / 2)
    expect(candidate.output().length).toBeLessThanOrEqual(KEPT_OUTPUT_BYTES + 100)
    expect((await candidate.stop()).cause).toBe('stopped')
  })

  test('forks without end is ended by the limit on processes', async () => {
    // Bounded, should the limit fail: each process makes two more, nine generations deep.
    const bomb = `const { spawn } = require('node:child_process'); ${ECHO}
      setTimeout(() => spawn('sh', ['bomb.sh', '9'], { detached: true, stdio: 'ignore' }), 100)`
    const target = await fixture.server(name('forks'), bomb)
    await fixture.write(name('forks'), {
      'bomb.sh': '[ "$1" -gt 0 ] && { sh bomb.sh $(($1 - 1)) & setsid sh bomb.sh $(($1 - 1)) & sleep 20; }\n',
    })
    const candidate = await start(target, { containment, limits: { processes: 50 } })
    const exit = await candidate.exited
    expect(exit.cause).toBe('limit')
    expect(exit.explanation).toMatch(/runs \d+ processes at once, more than the 50 allowed/)
  })

  test('eats memory is ended by the limit on memory', async () => {
    const eater = `${ECHO}; const all = []; setInterval(() => all.push(Buffer.alloc(8 << 20, 1)), 5)`
    const candidate = await start(await fixture.server(name('eats'), eater), { containment, limits: { memoryBytes: 200 * 1024 * 1024 } })
    const exit = await candidate.exited
    expect(exit.cause).toBe('limit')
    expect(exit.explanation).toMatch(/hold \d+ MiB of memory, more than the 200 MiB allowed/)
  })

  test('leaves a daemon in a session of its own behind takes it along', async () => {
    const parent = `const { spawn } = require('node:child_process'); ${ECHO}
      spawn('sh', ['-c', 'setsid sleep 60 & setsid sleep 60 &'], { detached: true, stdio: 'ignore' })`
    const candidate = await start(await fixture.server(name('daemon'), parent), { containment })
    await expect.poll(() => candidate.sample()?.processes).toBeGreaterThanOrEqual(3)
    await candidate.stop()
    expect(candidate.pids()).toEqual([])
  })

  test('writes a file beyond the limit cannot', async () => {
    const filler = `${ECHO}; const fs = require('node:fs'); process.on('SIGXFSZ', () => {})
      try { const f = fs.openSync(process.env.TMPDIR + '/big', 'w'); for (let i = 0; i < 64; i++) fs.writeSync(f, Buffer.alloc(1 << 20)); console.log('wrote all') }
      catch (error) { console.log('refused: ' + error.code) }`
    const candidate = await start(await fixture.server(name('fills'), filler), { containment, limits: { fileBytes: 8 << 20 } })
    await expect.poll(() => candidate.output()).toContain('refused: EFBIG')
  })
})

await describeWith(['linux', 'container'], 'in a container, a server that', () => {
  test('fills its temporary folder and the shared memory finds them full, and the rest not writable', async () => {
    const filler = `${ECHO}; const fs = require('node:fs')
      for (const folder of ['/tmp', '/dev/shm', '/dev', '/', '.', '/usr', process.env.HOME]) {
        let n = 0
        try { for (; n < 64; n++) fs.writeFileSync(folder + '/file' + n, Buffer.alloc(1 << 20)); console.log(folder + ' took all') }
        catch (error) { console.log(folder + ' ' + n + ' ' + error.code) }
      }
      console.log('done')`
    const candidate = await start(await fixture.server('disk', filler), { limits: { temporaryBytes: 4 << 20 } })
    await expect.poll(() => candidate.output()).toContain('done')
    expect(candidate.output()).toContain('/tmp 4 ENOSPC')
    expect(candidate.output()).toContain('/dev/shm 4 ENOSPC')
    for (const folder of ['/dev', '/', '.', '/usr']) expect(candidate.output()).toContain(`${folder} 0 EROFS`)
    expect(candidate.output()).not.toContain('took all')
  })

  test("looks around sees neither the home directory, nor other candidates, nor other people's processes and secrets", async () => {
    const secret = await mkdtemp(join(tmpdir(), 'assay-secret-'))
    await writeFile(join(secret, 'key'), 'top secret')
    process.env['ASSAY_TEST_TOKEN'] = 'token-1234'
    const folders = [homedir(), secret, fixture.root, process.cwd()]
    const spy = `${ECHO}; const fs = require('node:fs')
      const look = path => { try { return fs.readdirSync(path).join(' ') } catch (error) { return error.code } }
      for (const path of ${JSON.stringify(folders)}) console.log('saw ' + look(path) + '.')
      console.log('environment ' + JSON.stringify(process.env))
      console.log('processes ' + fs.readdirSync('/proc').filter(name => /^[0-9]+$/.test(name)).length)
      console.log('user ' + process.getuid() + ' ' + fs.readFileSync('/proc/self/status', 'utf8').match(/CapEff.*/)[0])`
    try {
      const candidate = await start(await fixture.server('spy', spy))
      await expect.poll(() => candidate.output()).toContain('user ')
      for (const [index, line] of [...candidate.output().matchAll(/saw (.*)\.$/gm)].entries()) {
        const allowed = ['ENOENT', ...(await namesOfToolchains(folders[index] ?? ''))]
        expect(line[1]?.split(' ').filter(name => !allowed.includes(name))).toEqual([])
      }
      expect(candidate.output()).not.toContain('token-1234')
      expect(Number(/processes (\d+)/.exec(candidate.output())?.[1])).toBeLessThan(8)
      expect(candidate.output()).toMatch(/user 1000 CapEff:\s+0+$/m)
    } finally {
      delete process.env['ASSAY_TEST_TOKEN']
      await rm(secret, { recursive: true })
    }
  })

  test('is built without a network and finds nothing but its own loopback', async () => {
    const host = createServer().listen(0, '127.0.0.1')
    await new Promise(done => host.once('listening', done))
    const address = host.address()
    const port = typeof address === 'object' ? address?.port : 0
    const build = `node -e "require('node:net').connect(${port}, '127.0.0.1').on('error', e => console.log('build ' + e.code)).on('connect', () => process.exit(9))"; cat /proc/net/dev | wc -l; exit 5`
    try {
      const fault = await faultOf(await fixture.server('reaching', ECHO, { build }))
      expect(fault.message).toContain('exited with code 5')
      // Two lines of headings, and one interface.
      expect(fault.output).toMatch(/build ECONNREFUSED\n3\n/)
    } finally {
      host.close()
    }
  })

  test('fills the disk while it is built is stopped by the limit, and leaves nothing behind', async () => {
    const build = 'i=0; while [ $i -lt 400 ]; do head -c 1048576 /dev/zero > file$i; i=$((i+1)); sleep 0.01; done'
    const fault = await faultOf(await fixture.server('disk-build', ECHO, { build }), { limits: { buildBytes: 20 << 20 } })
    expect(fault.message).toContain('it wrote more than the 20 MiB allowed')
    expect((await readdir(join(fixture.root, 'cache', 'assay', 'builds'))).filter(name => name.startsWith('.'))).toEqual([])
  })

  test('takes too long to build is stopped', async () => {
    const fault = await faultOf(await fixture.server('slow-build', ECHO, { build: 'sleep 60' }), { limits: { buildMs: 500 } })
    expect(fault.message).toContain('it took longer than the')
  })
})

/** A toolchain below a folder makes the way to it appear there, and nothing beside it. */
async function namesOfToolchains(folder: string): Promise<string[]> {
  const { readOnlyPaths } = await findToolchain('javascript')
  return readOnlyPaths.filter(path => path.startsWith(`${folder}/`)).map(path => path.slice(folder.length + 1).split('/')[0] ?? '')
}
