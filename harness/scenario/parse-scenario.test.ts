import { describe, expect, test } from 'vitest'
import { parseScenario } from './parse-scenario.ts'
import { ScenarioError } from './scenario-error.ts'
import type { Scenario } from './scenario.ts'

const TEXT = `name: mine
users: 100
channels: 10
membership:
  kind: fixed
  channelsPerUser: 3
arrival: { model: open, ratePerSecond: 100 }
phases:
  - { name: warm-up, kind: warm-up, seconds: 1 }
  - name: hold
    kind: hold
    seconds: 5
cohorts:
  - { name: stuck, reading: stopped, share: 0.1 }
`

test('a scenario that says the least gets every default', () => {
  expect(parse(TEXT)).toEqual({
    name: 'mine',
    about: '',
    exercise: 'chat',
    users: 100,
    channels: 10,
    membership: { kind: 'fixed', channelsPerUser: 3 },
    arrival: { model: 'open', process: 'constant', ratePerSecond: 100 },
    senders: 1,
    body: { bytes: 100, text: 'ascii' },
    join: { perSecond: 0, afterStart: false },
    phases: [
      { name: 'warm-up', kind: 'warm-up', seconds: 1, load: 1 },
      { name: 'hold', kind: 'hold', seconds: 5, load: 1, overload: false },
      { name: 'drain', kind: 'drain', seconds: 30 },
    ],
    cohorts: [{ name: 'stuck', reading: 'stopped', share: 0.1, fromSeconds: 0 }],
    slaMs: 1000,
    thresholds: { completionP99Ms: 1000, lost: 0, duplicated: 0, misdelivered: 0, corrupted: 0, garbled: 0, dropped: 0 },
  })
})

test('the threshold for completion is the service level, unless it is set', () => {
  expect(parse(TEXT, 'slaMs=200').thresholds.completionP99Ms).toBe(200)
  expect(parse(TEXT, 'slaMs=200', 'thresholds.completionP99Ms=300').thresholds.completionP99Ms).toBe(300)
})

describe('--set', () => {
  test.each<{ overrides: string[]; read: (scenario: Scenario) => unknown; value: unknown }>([
    { overrides: ['users=2000'], read: ({ users }) => users, value: 2000 },
    // List items go by their place or by their name; the drain is there even where the file leaves it out.
    { overrides: ['phases.1.seconds=7'], read: ({ phases }) => phases[1]?.seconds, value: 7 },
    { overrides: ['phases.hold.seconds=7'], read: ({ phases }) => phases[1]?.seconds, value: 7 },
    { overrides: ['phases.drain.seconds=7'], read: ({ phases }) => phases[2]?.seconds, value: 7 },
    { overrides: ['cohorts.stuck.share=0.5'], read: ({ cohorts }) => cohorts[0]?.share, value: 0.5 },
    // Blocks that the file leaves out are made.
    { overrides: ['body.text=unicode'], read: ({ body }) => body, value: { bytes: 100, text: 'unicode' } },
    // Values are YAML: blocks, lists and texts with an equals sign included.
    { overrides: ['body.bytes={min: 20, max: 200}'], read: ({ body }) => body.bytes, value: { min: 20, max: 200 } },
    { overrides: ['cohorts=[]'], read: ({ cohorts }) => cohorts, value: [] },
    { overrides: ['cohorts.stuck='], read: ({ cohorts }) => cohorts, value: [] },
    { overrides: ['thresholds.lost=3', 'thresholds.lost='], read: ({ thresholds }) => thresholds.lost, value: 0 },
    { overrides: ['about=a = b'], read: ({ about }) => about, value: 'a = b' },
    { overrides: ['arrival={model: closed, thinkTimeMs: 50}'], read: ({ arrival }) => arrival.model, value: 'closed' },
    // The last one counts.
    { overrides: ['users=1', 'users=2'], read: ({ users }) => users, value: 2 },
  ])('$overrides gives $value', ({ overrides, read, value }) => {
    expect(read(parse(TEXT, ...overrides))).toEqual(value)
  })
})

describe('what a file says wrong', () => {
  test.each([
    // A typo in a field's name is one mistake, not an unknown field and a missing one.
    { from: 'users', to: 'usres', message: 'mine.yaml:2: Expected a field of the scenario, got `usres`. Did you mean `users`?' },
    {
      from: 'channelsPerUser: 3',
      to: 'channelPerUser: 3',
      message: 'mine.yaml:6: Expected a field of `membership` (kind: fixed), got `channelPerUser`. Did you mean `channelsPerUser`?',
    },
    // A field of another kind of phase.
    {
      from: 'seconds: 5',
      to: 'seconds: 5\n    settleSeconds: 3',
      message:
        'mine.yaml:13: Expected a field of `phases.hold` (kind: hold), got `settleSeconds`. Its fields are: name, kind, seconds, load, overload.',
    },
    {
      from: 'kind: hold',
      to: 'kind: hodl',
      message:
        'mine.yaml:11: Expected `phases.hold.kind` to be one of warm-up, ramp, hold, spike, recovery, drain, got "hodl". Did you mean `hold`?',
    },
    {
      from: 'kind: fixed',
      to: 'kind: some',
      message: 'mine.yaml:5: Expected `membership.kind` to be one of all, fixed, zipf, got "some".',
    },
    {
      from: 'model: open',
      to: 'model: opne',
      message: 'mine.yaml:7: Expected `arrival.model` to be one of open, closed, got "opne". Did you mean `open`?',
    },
    { from: 'model: open,', to: '', message: 'mine.yaml:7: Expected `arrival.model` to be one of open, closed, got nothing.' },
    {
      from: 'seconds: 5',
      to: 'seconds: five',
      message: 'mine.yaml:12: Expected `phases.hold.seconds` to be a number from 0.1 to 86400, got "five".',
    },
    { from: 'users: 100', to: 'users:', message: 'mine.yaml:2: Expected `users` to be a whole number from 1 to 100000, got nothing.' },
    { from: 'users: 100', to: 'users: 2.5', message: 'mine.yaml:2: Expected `users` to be a whole number from 1 to 100000, got 2.5.' },
    { from: 'channels: 10\n', to: '', message: 'mine.yaml:1: Expected `channels` to be a whole number from 1 to 100000, got nothing.' },
    { from: 'cohorts:\n  -', to: 'cohorts:', message: 'mine.yaml:13: Expected `cohorts` to be a list of cohorts, got a block of fields.' },
    // A name that means something to JavaScript is just another unknown field.
    {
      from: 'name: mine',
      to: 'name: mine\n__proto__: { users: 3 }',
      message: expect.stringMatching(/^mine\.yaml:2: Expected a field of the scenario, got `__proto__`\. Its fields are: name, about, /),
    },
    // Not YAML at all.
    {
      from: 'users: 100',
      to: 'users: [100',
      message: 'mine.yaml:3: Expected valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ].',
    },
    { from: 'users: 100', to: 'users: 100\nusers: 200', message: 'mine.yaml:3: Expected valid YAML: Map keys must be unique.' },
    { from: 'users: 100', to: 'users: !many 100', message: 'mine.yaml:2: Expected valid YAML: Unresolved tag: !many.' },
    { from: TEXT, to: '', message: 'mine.yaml:1: Expected the scenario to be a block of fields, got nothing.' },
    { from: TEXT, to: '- a\n- b\n', message: 'mine.yaml:1: Expected the scenario to be a block of fields, got a list.' },
    // Two mistakes are two lines.
    {
      from: 'users: 100\nchannels: 10',
      to: 'users: 0\nchannels: -1',
      message:
        'mine.yaml:2: Expected `users` to be a whole number from 1 to 100000, got 0.\nmine.yaml:3: Expected `channels` to be a whole number from 1 to 100000, got -1.',
    },
  ])('$to', ({ from, to, message }) => {
    expect(errorOf(TEXT.replace(from, to))).toEqual(message)
  })

  test('a text that would unfold into billions of values', () => {
    const levels = Array.from({ length: 12 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`)
    expect(errorOf(`a0: &a0 [x]\n${levels.join('\n')}\n`)).toBe(
      'mine.yaml: Expected valid YAML: Excessive alias count indicates a resource exhaustion attack.',
    )
  })
})

describe('what --set says wrong', () => {
  test.each([
    {
      override: 'users',
      message: '--set users: Expected a field, `=` and a value. Write it as in --set users=2000 or --set phases.hold.seconds=5.',
    },
    { override: 'users=0', message: '--set users=0: Expected `users` to be a whole number from 1 to 100000, got 0.' },
    { override: 'usres=5', message: '--set usres=5: Expected a field of the scenario, got `usres`. Did you mean `users`?' },
    { override: 'users.x=1', message: '--set users.x=1: Expected `users` to be a block of fields or a list, got 100. Set it as a whole.' },
    {
      override: 'phases.hlod.seconds=7',
      message: '--set phases.hlod.seconds=7: Expected an item of `phases`, got `hlod`. Did you mean `hold`?',
    },
    {
      override: 'phases.9.seconds=7',
      message: '--set phases.9.seconds=7: Expected an item of `phases`, got `9`. It has: warm-up, hold, drain.',
    },
    {
      override: 'arrival.process=poison',
      message:
        '--set arrival.process=poison: Expected `arrival.process` to be one of constant, poisson, got "poison". Did you mean `poisson`?',
    },
    {
      override: 'thresholds.lots=1',
      message: '--set thresholds.lots=1: Expected a field of `thresholds`, got `lots`. Did you mean `lost`?',
    },
    {
      override: 'phases.hold.secnods=',
      message:
        '--set phases.hold.secnods=: Expected a field that the scenario has, to leave it out, got `secnods`. Did you mean `seconds`?',
    },
    { override: 'users=', message: '--set users=: Expected `users` to be a whole number from 1 to 100000, got nothing.' },
    {
      override: 'body.bytes={min: 5',
      message:
        '--set body.bytes={min: 5: Expected a YAML value, got "{min: 5": Flow map must end with a }. Quote it for the shell, as in --set \'body.bytes={min: 20, max: 200}\'.',
    },
    // A block that was begun must be finished; the file has no line for it.
    {
      override: 'churn={kind: reconnect-storm, share: 0.5, atSeconds: [3]}',
      message:
        '--set churn={kind: reconnect-storm, share: 0.5, atSeconds: [3]}: Expected `churn.withinMs` to be a whole number from 1 to 86400000, got nothing.',
    },
    // What no longer fits an override is told of the override, not of a line that was right.
    {
      override: 'channels=2',
      message: '--set channels=2: Expected `membership.channelsPerUser` to be at most `channels` (2), got 3. Lower it or raise `channels`.',
    },
    {
      override: '__proto__.users=1',
      message: expect.stringMatching(/^--set __proto__\.users=1: Expected a field of the scenario, got `__proto__`\./),
    },
  ])('$override', ({ override, message }) => {
    expect(errorOf(TEXT, override)).toEqual(message)
  })

  test('nothing that is not a scenario was changed on the way', () => {
    errorOf(TEXT, '__proto__.polluted=1')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

describe('fields that do not fit one another', () => {
  test.each([
    {
      overrides: ['body.bytes={min: 5, max: 2}'],
      text: 'Expected `body.bytes.min` to be at most `body.bytes.max` (2), got 5. Swap them.',
    },
    {
      overrides: ['join.afterStart=true'],
      text: 'Expected `join.perSecond` to say how fast users join after the start, got nothing. Set it, e.g. to 200.',
    },
    {
      overrides: ['join={afterStart: true, perSecond: 10}'],
      text: "Expected 100 users to have joined within the schedule's 6 s, got 10 s at `join.perSecond` 10. Raise it or lengthen `phases`.",
    },
    {
      overrides: ['join={afterStart: true, perSecond: 100}', 'churn={kind: come-and-go, share: 0.1, stayMs: 1000, awayMs: 100}'],
      text: 'Expected no `churn` where users join after the start (`join.afterStart`), got both. Leave one out.',
    },
    {
      overrides: ['phases.hold.name=warm-up'],
      text: 'Expected every name in `phases` to be unique, got "warm-up" twice. Rename one.',
    },
    {
      overrides: ['phases=[{name: a, kind: drain}, {name: b, kind: hold, seconds: 1}]'],
      text: 'Expected exactly one drain, as the last of `phases`, got one before the last. Move it to the end, or leave it out.',
    },
    {
      overrides: ['phases=[{name: a, kind: warm-up, seconds: 1}, {kind: drain}]'],
      text: 'Expected at least one measured phase (ramp, hold, spike or recovery), got none. Add { name: hold, kind: hold, seconds: 10 }.',
    },
    {
      overrides: ['phases.1={name: back, kind: recovery, seconds: 5}'],
      text: 'Expected `phases.back.settleSeconds` to be less than its `seconds` (5), got 5. Nothing of the recovery would be judged.',
    },
    {
      overrides: ['arrival={model: closed, thinkTimeMs: 10}', 'phases.hold.load=2'],
      text: "Expected `phases.hold` to be a phase of load 1 without overload, as a closed model's load is up to the server. Use `model: open`, or a plain hold.",
    },
    {
      overrides: ['cohorts.stuck.name=full speed'],
      text: 'Expected a cohort\'s name other than "full speed", which is everybody else\'s. Rename it.',
    },
    {
      overrides: ['cohorts.0={name: nap, reading: pausing, share: 0.1, pauseMs: 500, everyMs: 500}'],
      text: 'Expected `cohorts.nap.pauseMs` to be less than its `everyMs` (500), got 500. For a pause without end use `reading: stopped`.',
    },
    {
      overrides: ['cohorts.stuck.fromSeconds=6'],
      text: "Expected `cohorts.stuck.fromSeconds` to be within the schedule's 6 s, got 6. It would never be slow.",
    },
    {
      overrides: ['churn={kind: come-and-go, share: 0.95, stayMs: 1000, awayMs: 100}'],
      text: 'Expected the shares of `cohorts` and `churn` to be at most 1 in all, got 1.05. Lower some.',
    },
    {
      overrides: ['churn={kind: come-and-go, share: 0.5, stayMs: 1000, awayMs: 6000}'],
      text: "Expected `churn.awayMs` to be less than the schedule's 6 s, got 6000 ms. Lower it or lengthen `phases`.",
    },
    {
      overrides: ['churn={kind: reconnect-storm, share: 0.5, atSeconds: [2, 3], withinMs: 1000}'],
      text: 'Expected each of `churn.atSeconds` to be at least 1.5 s after the one before (2), when all are back, got 3. Space them out or lower `churn.withinMs`.',
    },
    {
      overrides: ['churn={kind: reconnect-storm, share: 0.5, atSeconds: [5], withinMs: 1000}'],
      text: "Expected the last storm to be over 1.5 s after it began, within the schedule's 6 s, got a beginning at 5 s. Begin it earlier or lengthen `phases`.",
    },
    {
      overrides: ['thresholds.recoveryMs=5'],
      text: 'Expected a phase of kind recovery for `thresholds.recoveryMs` to judge, got none. Add one or leave the threshold out (--set thresholds.recoveryMs=).',
    },
    {
      overrides: ['thresholds.spikeGoodputShare=0.5'],
      text: 'Expected a phase of kind spike after one of kind hold for `thresholds.spikeGoodputShare` to judge, got none. Add one or leave the threshold out (--set thresholds.spikeGoodputShare=).',
    },
    {
      overrides: ['cohorts=[]', 'thresholds.evictedStopped=1'],
      text: 'Expected a cohort of stopped readers for `thresholds.evictedStopped` to judge, got none. Add one or leave the threshold out (--set thresholds.evictedStopped=).',
    },
    {
      overrides: ['membership={kind: all}', 'users=100000', 'channels=1000'],
      text: 'Expected the plan to have at most 20,000,000 memberships, got 100,000,000. Lower `users` or the channels of each.',
    },
    {
      overrides: ['users=1', 'cohorts=[]', 'phases.warm-up.load=0', 'phases.hold.seconds=1000', 'arrival.ratePerSecond=20000'],
      text: 'Expected the plan to have at most 10,000,000 messages, got 20,000,000. Lower the rate of `arrival` or shorten `phases`.',
    },
    {
      overrides: ['users=10000', 'channels=1', 'membership={kind: all}', 'phases.warm-up.load=0', 'phases.hold.seconds=1001'],
      text: 'Expected the plan to have at most 1,000,000,000 deliveries, got 1,001,000,000. Lower `users`, the rate of `arrival`, or the seconds of `phases`, or use more channels.',
    },
    {
      overrides: [
        'users=100000',
        'channels=100000',
        'phases.hold.seconds=86400',
        'arrival.ratePerSecond=10',
        'cohorts=[]',
        'churn={kind: come-and-go, share: 1, stayMs: 1000, awayMs: 10}',
      ],
      text: expect.stringMatching(
        /^Expected the plan to have at most 1,000,000 sessions, got 8,554,[0-9]{3},[0-9]{3}\. Lower `churn.share` or let users stay longer\.$/,
      ),
    },
    {
      overrides: ['phases.warm-up.load=0', 'phases.hold.load=0'],
      text: 'Expected the schedule to hold at least one message, got none. Raise the rate of `arrival` or the load of `phases`.',
    },
  ])('$text', ({ overrides, text }) => {
    const message = errorOf(TEXT, ...overrides)
    // The place is the last --set that one of the concerned fields comes from.
    expect(message.slice(0, 6)).toBe('--set ')
    expect(message.slice(message.indexOf(': Expected') + 2)).toEqual(text)
  })

  test('are told with the line where no --set is to blame', () => {
    expect(errorOf(TEXT.replace('channelsPerUser: 3', 'channelsPerUser: 30'))).toBe(
      'mine.yaml:6: Expected `membership.channelsPerUser` to be at most `channels` (10), got 30. Lower it or raise `channels`.',
    )
  })
})

function parse(text: string, ...overrides: string[]): Scenario {
  return parseScenario({ text, file: 'mine.yaml', overrides })
}

function errorOf(text: string, ...overrides: string[]): string {
  try {
    parse(text, ...overrides)
  } catch (error) {
    if (error instanceof ScenarioError) return error.message
    throw error
  }
  throw new Error('Expected a ScenarioError, got none')
}
