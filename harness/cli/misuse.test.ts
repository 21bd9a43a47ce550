import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AssayDesk } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

describe('a misused command ends with 64 and says what to do', () => {
  test.each([
    [['run', 'stedy'], /"stedy"\. Did you mean `steady`\? `assay list` shows/],
    [['run', 'nowhere.yaml'], /got "nowhere\.yaml".* `assay list` shows/],
    [['run', 'brief.yaml', '--target', './missing'], /Expected \.\/missing to be a candidate's folder.*Check the path/],
    [['run', 'brief.yaml', '--target', 'http//x'], /ws:\/\/host:port or tcp:\/\/host:port/],
    [['run', 'brief.yaml', '--target', 'tcp://127.0.0.1:9'], /accept connections at tcp:\/\/127\.0\.0\.1:9.*Start it first/],
    [['run', 'brief.yaml', '--set', 'userz=3'], /got `userz`\. Did you mean `users`\?/],
    [['run', 'brief.yaml', '--set', 'users=many'], /users.*many/],
    [['run', 'brief.yaml', '--set', 'users'], /users/],
    [['run', 'brief.yaml', '--sed', '7'], /unknown option '--sed'\s+\(Did you mean one of --seed, --set\?\)/],
    [['run', 'brief.yaml', '--seed', 'x'], /'x' is invalid\. Expected a whole number from 0/],
    [['run', 'brief.yaml', '--repeat', '0'], /'0' is invalid\. Expected a whole number from 1 to 1000/],
    [['run', 'brief.yaml', '--workers', '0'], /Expected a whole number from 1 to 64/],
    [['run', 'brief.yaml', '--out', 'brief.yaml/x'], /write to .*brief\.yaml\/x.*--out/],
    [['run', 'brief.yaml', '--junit', 'brief.yaml/x'], /write brief\.yaml\/x.*Name another file/],
    [['run', 'brief.yaml', '--pid', '1'], /Expected --pid beside one ws:\/\/ or tcp:\/\/ server, got the reference server: /],
    [
      ['run', 'kv-steady', '--target', 'http://127.0.0.2:1', '--pid', '1'],
      /Expected --pid beside one ws.*got http:\/\/127\.0\.0\.2:1: .*Leave it out/,
    ],
    [['run', 'kv-steady', '--workers', '2'], /Expected --workers beside a scenario for chat servers, got kv-steady/],
    [['capacity', 'brief.yaml', '--by', 'bytes'], /'bytes' is invalid\. Allowed choices are users, rate/],
    [['capacity', 'brief.yaml', '--target', '.', '--pid', '1'], /Expected --pid beside one ws.*got \.: /],
    [['capacity', 'brief.yaml', '--target', 'http://127.0.0.1:1'], /Expected a chat server, got a key-value store/],
    [['check', '.', '--pid', '1'], /Expected --pid beside one ws.*got \.: /],
    [['report', 'nothing'], /a run's folder or its run\.json, got "nothing"/],
    [['report', 'brief.yaml'], /brief\.yaml to be JSON/],
    [['report', 'wrong.json'], /wrong\.json to be a run record/],
    [['compare', 'nothing'], /got "nothing"/],
    [['list', 'everything'], /Allowed choices are scenarios, candidates, samples, both/],
    [['serve', 'caht'], /Expected `chat` or `kv`, got "caht"/],
    [['serve', 'chat', '--port', 'x'], /Expected a port from 0 to 65535, got x/],
    [['rum'], /unknown command 'rum'\s+\(Did you mean run\?\)/],
  ])('assay %s', async (args, message) => {
    desk.write('wrong.json', '{"kind":"assay-run"}')
    const ended = await desk.run(...args)
    expect(ended.stderr).toMatch(message)
    expect(ended.code).toBe(EXIT.misuse)
    expect(ended.stderr).not.toContain('    at ')
  })
})

test('every command and subcommand explains itself with an example', { timeout: 120_000 }, async () => {
  const found = await helpOfAll([])
  for (const { command, text } of found.slice(1)) {
    const at = `assay ${command.join(' ')}`
    expect(text, at).toMatch(new RegExp(`^Usage: ${at}\\b[^]*^Examples?:\\n  `, 'm'))
    expect(text.split(/^Examples?:$/m)[1], at).toContain('  assay ')
  }
  // Not commands of their own for the parser: `serve` hands their options on.
  for (const exercise of ['chat', 'kv']) {
    const { stdout } = await desk.run('serve', exercise, '--help')
    expect(stdout).toMatch(new RegExp(`^Usage: assay serve ${exercise}\\b[^]*^Examples:\\n  assay serve ${exercise} `, 'm'))
  }
  const names = found.map(({ command }) => command.join(' '))
  expect(names).toEqual(expect.arrayContaining(['run', 'check', 'serve', 'interview hint', 'kv delete']))
})

test('list shows every scenario with a line about it, and candidates by paths that --target takes', async () => {
  const ended = await desk.run('list')
  expect(ended).toMatchObject({ code: EXIT.pass, stderr: '' })
  for (const name of ['default', 'smoke', 'overload', 'slow-readers']) expect(ended.stdout).toMatch(new RegExp(`^  ${name} +\\w`, 'm'))
  expect(ended.stdout).toMatch(/^ {2}\S+reference\/chat +\w/m)
  expect(ended.stdout).not.toContain('candidates/samples/')
  expect(ended.stdout).toContain('`assay list samples`')
})

test('list samples shows servers with known faults by paths that check takes', async () => {
  const ended = await desk.run('list', 'samples')
  expect(ended).toMatchObject({ code: EXIT.pass, stderr: '' })
  expect(ended.stdout).toMatch(/^ {2}\S+samples\/chat\/java\/check-then-put +\w/m)
  expect(ended.stdout).not.toContain('Scenarios')
})

interface Help {
  readonly command: readonly string[]
  readonly text: string
}

/** The help of a command, and of all that it names under "Commands:". */
async function helpOfAll(command: readonly string[]): Promise<Help[]> {
  const ended = await desk.run(...command, '--help')
  expect(ended).toMatchObject({ code: EXIT.pass, stderr: '' })
  const [, list = ''] = ended.stdout.split(/^Commands:$/m)
  const names = [...(list.split('\n\n')[0] ?? '').matchAll(/^ {2}(\w[\w-]*)/gm)].flatMap(([, name = '']) => (name === 'help' ? [] : [name]))
  const below: Help[][] = []
  for (const name of names) below.push(await helpOfAll([...command, name]))
  return [{ command, text: ended.stdout }, ...below.flat()]
}
