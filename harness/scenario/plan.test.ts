import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closedMessage } from './closed-message.ts'
import { createPlan, type Plan } from './plan.ts'
import { JOIN_MARGIN_MS } from './plan-messages.ts'
import { SESSION_MARGIN_MS } from './plan-sessions.ts'
import { scenarioSchema, type Scenario } from './scenario.ts'
import { brokenRules } from './scenario-rules.ts'

const base = {
  name: 'test',
  users: 60,
  channels: 12,
  membership: { kind: 'fixed', channelsPerUser: 3 },
  arrival: { model: 'open', ratePerSecond: 100 },
  phases: [
    { name: 'warm-up', kind: 'warm-up', seconds: 1, load: 0.5 },
    { name: 'ramp', kind: 'ramp', seconds: 2, from: 0.5, to: 1 },
    { name: 'hold', kind: 'hold', seconds: 3 },
    { name: 'spike', kind: 'spike', seconds: 1, load: 3, overload: true },
    { name: 'recovery', kind: 'recovery', seconds: 4, settleSeconds: 2 },
    { name: 'drain', kind: 'drain', seconds: 7 },
  ],
}

/** Scenarios of all shapes that the rules allow. */
const anyScenario = fc
  .record({
    users: fc.integer({ min: 1, max: 80 }),
    membership: fc.constantFrom(
      { kind: 'all' },
      { kind: 'fixed', channelsPerUser: 3 },
      { kind: 'zipf', channelsPerUser: 4, exponent: 1.2 },
    ),
    process: fc.constantFrom('constant', 'poisson'),
    senders: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.constantFrom(0, 100, { min: 5, max: 300 }),
    stopped: fc.constantFrom(0, 0.2, 0.5),
    churn: fc.constantFrom(
      undefined,
      { kind: 'come-and-go', share: 0.5, stayMs: 1_500, awayMs: 800 },
      { kind: 'reconnect-storm', share: 0.5, atSeconds: [2, 6], withinMs: 900 },
    ),
    afterStart: fc.boolean(),
  })
  .map(({ process, bytes, stopped, afterStart, churn, ...rest }) =>
    scenarioOf({
      ...rest,
      arrival: { model: 'open', process, ratePerSecond: 100 },
      body: { bytes },
      cohorts: [{ name: 'stopped', share: stopped, reading: 'stopped' }],
      ...(afterStart ? { join: { afterStart, perSecond: 20 } } : { churn }),
    }),
  )

const anyPlan = fc.tuple(anyScenario, fc.nat()).map(([scenario, seed]) => createPlan(scenario, seed))

test('the generated scenarios are allowed ones', () => {
  fc.assert(
    fc.property(anyScenario, scenario => {
      expect(brokenRules(scenario)).toEqual([])
    }),
  )
})

test('equal seeds give equal plans; another seed gives other memberships, due times, senders and bodies', () => {
  fc.assert(
    fc.property(anyScenario, fc.nat(), (scenario, seed) => {
      expect(fingerprint(createPlan(scenario, seed))).toBe(fingerprint(createPlan(scenario, seed)))
    }),
  )
  const scenario = scenarioOf({ arrival: { model: 'open', process: 'poisson', ratePerSecond: 100 }, body: { bytes: { min: 1, max: 999 } } })
  const [one, two] = [createPlan(scenario, 1), createPlan(scenario, 2)]
  expect(one.hash).not.toBe(two.hash)
  expect(one.memberChannels).not.toEqual(two.memberChannels)
  expect(one.messages.dueMs).not.toEqual(two.messages.dueMs)
  expect(one.messages.sender).not.toEqual(two.messages.sender)
  expect(one.messages.bodyBytes).not.toEqual(two.messages.bodyBytes)
})

describe('the hash', () => {
  const { hash } = createPlan(scenarioOf({}), 1)

  test.each([
    { change: 'another name', fields: { name: 'other', about: 'other' }, equal: true },
    { change: 'other thresholds', fields: { slaMs: 5, thresholds: { lost: 3 } }, equal: true },
    { change: 'a default written out', fields: { senders: 1, body: { bytes: 100 } }, equal: true },
    { change: 'another rate', fields: { arrival: { model: 'open', ratePerSecond: 101 } }, equal: false },
    { change: 'other bodies', fields: { body: { bytes: 100, text: 'unicode' } }, equal: false },
    { change: 'another way to arrive', fields: { join: { perSecond: 5 } }, equal: false },
  ])('with $change is the same: $equal', ({ fields, equal }) => {
    expect(createPlan(scenarioOf(fields), 1).hash === hash).toBe(equal)
  })

  test('is pinned: if this fails, plans of older versions are no longer comparable, so raise PLAN_VERSION', () => {
    expect(hash).toBe('a545f41b1e0beee45171865bfb986712')
    expect(fingerprint(createPlan(scenarioOf({}), 1))).toBe('ffd499b1e2a558d7320607deb94e18c1')
  })
})

test('every message is sent by a sender to a channel of its own, in its phase, in due order, numbered densely within its channel', () => {
  fc.assert(
    fc.property(anyPlan, plan => {
      const { messages } = plan
      const next = new Uint32Array(plan.channelNames.length)
      const senders = new Set(plan.senders)
      for (let n = 0; n < messages.count; n++) {
        const { dueMs, sender, channel, sequence, phase } = message(plan, n)
        const own = plan.memberChannels.subarray(plan.memberOffsets[sender], plan.memberOffsets[sender + 1])
        const within = plan.phases[phase]
        const right =
          senders.has(sender) &&
          own.includes(channel) &&
          sequence === next[channel] &&
          dueMs >= (messages.dueMs[n - 1] ?? 0) &&
          within !== undefined
        if (!right || dueMs < within.startMs || dueMs > within.endMs) throw new Error(`message ${n} is wrong`)
        next[channel] = sequence + 1
      }
      expect(next).toEqual(plan.channelMessageCounts)
    }),
  )
})

test('users send only while they are connected, with time to join before and to finish after', () => {
  fc.assert(
    fc.property(anyPlan, plan => {
      for (let n = 0; n < plan.messages.count; n++) {
        const { dueMs, sender } = message(plan, n)
        if (!isConnected(plan, sender, dueMs)) throw new Error(`message ${n} is sent by user ${sender}, who is not there`)
      }
    }),
  )
})

test('a message whose turn falls on someone who is away is sent by someone else: none is left out while somebody is there', () => {
  const churn = { kind: 'come-and-go', share: 0.9, stayMs: 1_000, awayMs: 3_000 }
  expect(createPlan(scenarioOf({ churn }), 1).messages.count).toBe(createPlan(scenarioOf({}), 1).messages.count)
})

test('when everyone is away, what is due is left out', () => {
  const churn = { kind: 'reconnect-storm', share: 1, atSeconds: [4], withinMs: 1 }
  const { messages } = createPlan(scenarioOf({ churn }), 1)
  // 4 s less the margin, until all have been back for the margin.
  expect([...messages.dueMs].filter(ms => ms > 3_750 && ms < 4_250)).toEqual([])
  expect([...messages.dueMs].some(ms => ms > 4_300)).toBe(true)
})

test('senders take turns: each sends as often as the others, one message more or less', () => {
  const plan = createPlan(scenarioOf({}), 3)
  const sent = Array.from({ length: plan.users }, () => 0)
  for (const sender of plan.messages.sender) sent[sender] = (sent[sender] ?? 0) + 1
  expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(1)
})

describe('roles', () => {
  test('cohorts have their shares, slow readers do not send, and only users at full speed come and go', () => {
    const cohorts = [
      { name: 'a', share: 0.1, reading: 'throttled', bytesPerSecond: 1_000 },
      { name: 'b', share: 0.2, reading: 'pausing', pauseMs: 100, everyMs: 1_000, fromSeconds: 1.5 },
      { name: 'c', share: 0.001, reading: 'stopped' },
    ]
    const plan = createPlan(scenarioOf({ cohorts, churn: { kind: 'come-and-go', share: 0.5, stayMs: 1_000, awayMs: 500 } }), 1)
    expect(plan.cohorts).toEqual([
      { name: 'full speed', reading: 'full' },
      { name: 'a', reading: 'throttled', bytesPerSecond: 1_000, fromMs: 0 },
      { name: 'b', reading: 'pausing', pauseMs: 100, everyMs: 1_000, fromMs: 1_500 },
      { name: 'c', reading: 'stopped', fromMs: 0 },
    ])
    // A share too small for one user is still one user.
    expect([0, 1, 2, 3].map(cohort => plan.cohortOf.filter(own => own === cohort).length)).toEqual([41, 6, 12, 1])
    expect([...plan.senders].every(user => plan.cohortOf[user] === 0)).toBe(true)
    const churners = [...plan.cohortOf.keys()].filter(user => sessionsOf(plan, user).length > 0)
    expect(churners.length).toBe(30)
    expect(churners.every(user => plan.cohortOf[user] === 0)).toBe(true)
  })

  test('where everyone is slow, slow readers send', () => {
    const plan = createPlan(scenarioOf({ cohorts: [{ name: 'all', share: 1, reading: 'stopped' }] }), 1)
    expect(plan.senders.length).toBe(60)
  })

  test('no share of senders is too small to send', () => {
    expect(createPlan(scenarioOf({ senders: 0 }), 1).senders.length).toBe(1)
    expect(createPlan(scenarioOf({ senders: 0.5 }), 1).senders.length).toBe(30)
  })
})

test('phases follow one another from 0; warm-up is not measured, and the drain stands apart', () => {
  const plan = createPlan(scenarioOf({}), 1)
  expect(
    plan.phases.map(({ name, startMs, endMs, measured, overload, settleMs }) => [name, startMs, endMs, measured, overload, settleMs]),
  ).toEqual([
    ['warm-up', 0, 1_000, false, false, 0],
    ['ramp', 1_000, 3_000, true, false, 0],
    ['hold', 3_000, 6_000, true, false, 0],
    ['spike', 6_000, 7_000, true, true, 0],
    ['recovery', 7_000, 11_000, true, false, 2_000],
  ])
  expect([plan.scheduleMs, plan.drainMs]).toEqual([11_000, 7_000])
})

test('a reconnect storm closes its users at its moment and brings them back within its window', () => {
  const plan = createPlan(scenarioOf({ churn: { kind: 'reconnect-storm', share: 0.5, atSeconds: [2, 6], withinMs: 900 } }), 1)
  const sessions = [...plan.cohortOf.keys()].map(user => sessionsOf(plan, user)).filter(({ length }) => length > 0)
  expect(sessions.length).toBe(30)
  for (const [first, second, third, ...more] of sessions) {
    expect([first?.[0], first?.[1], second?.[1], third?.[1], more]).toEqual([0, 2_000, 6_000, Infinity, []])
    expect(second?.[0]).toBeGreaterThan(2_000)
    expect(second?.[0]).toBeLessThanOrEqual(2_900)
    expect(third?.[0]).toBeGreaterThan(6_000)
    expect(third?.[0]).toBeLessThanOrEqual(6_900)
  }
})

test('who comes and goes has a session at least, and sessions of one user follow one another', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 20_000 }), fc.integer({ min: 10, max: 10_999 }), fc.nat(), (stayMs, awayMs, seed) => {
      const plan = createPlan(scenarioOf({ churn: { kind: 'come-and-go', share: 1, stayMs, awayMs } }), seed)
      for (let user = 0; user < plan.users; user++) {
        const sessions = sessionsOf(plan, user)
        expect(sessions.length).toBeGreaterThan(0)
        sessions.forEach(([connectAtMs, closeAtMs], n) => {
          expect(connectAtMs).toBeGreaterThanOrEqual(n === 0 ? 0 : (sessions[n - 1]?.[1] ?? NaN))
          expect(closeAtMs).toBeGreaterThan(connectAtMs)
        })
      }
    }),
    { numRuns: 30 },
  )
})

test('a closed model plans no messages; what a user sends depends on seed, user and number alone', () => {
  const scenario = scenarioOf({
    arrival: { model: 'closed', thinkTimeMs: 100 },
    phases: [{ name: 'hold', kind: 'hold', seconds: 2 }],
    body: { bytes: { min: 10, max: 20 } },
  })
  const plan = createPlan(scenario, 9)
  expect(plan.messages.count).toBe(0)
  expect(plan.closed).toEqual({ thinkTimeMs: 100, outstandingPerUser: 1 })
  const sizes = new Set<number>()
  const channels = new Set<number>()
  for (let n = 0; n < 500; n++) {
    const sent = closedMessage(plan, 4, n)
    expect(closedMessage(plan, 4, n)).toEqual(sent)
    sizes.add(sent.bodyBytes)
    channels.add(sent.channel)
  }
  expect([...sizes].sort((left, right) => left - right)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
  expect([...channels].sort((left, right) => left - right)).toEqual([...plan.memberChannels.subarray(12, 15)])
})

function scenarioOf(fields: object): Scenario {
  return scenarioSchema.parse({ ...base, ...fields })
}

function message({ messages }: Plan, n: number) {
  const at = (values: { readonly [index: number]: number }): number => values[n] ?? NaN
  return {
    dueMs: at(messages.dueMs),
    sender: at(messages.sender),
    channel: at(messages.channel),
    sequence: at(messages.sequence),
    phase: at(messages.phase),
  }
}

function sessionsOf({ sessions }: Plan, user: number): [number, number][] {
  if (!sessions) return []
  const [start, end] = [sessions.offsets[user] ?? 0, sessions.offsets[user + 1] ?? 0]
  return [...sessions.connectAtMs.subarray(start, end)].map((connectAtMs, n) => [connectAtMs, sessions.closeAtMs[start + n] ?? NaN])
}

/** The rule, said another way than in the plan. */
function isConnected(plan: Plan, user: number, atMs: number): boolean {
  if (plan.joinAtMs) return atMs - JOIN_MARGIN_MS >= (plan.joinAtMs[user] ?? NaN)
  const sessions = sessionsOf(plan, user)
  return (
    sessions.length === 0 ||
    sessions.some(([from, to]) => (from === 0 || atMs - SESSION_MARGIN_MS >= from) && atMs + SESSION_MARGIN_MS < to)
  )
}

/** Of every array in the plan; comparing a million elements one by one in a test takes seconds. */
function fingerprint(plan: Plan): string {
  const hash = createHash('sha256').update(plan.hash)
  const { memberOffsets, memberChannels, cohortOf, senders, messages, sessions, joinAtMs } = plan
  for (const values of [memberOffsets, memberChannels, cohortOf, senders, joinAtMs, ...Object.values({ ...messages, ...sessions })]) {
    if (ArrayBuffer.isView(values)) hash.update(values)
  }
  return hash.digest('hex').slice(0, 32)
}
