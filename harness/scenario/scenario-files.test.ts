import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createKvPlan } from './kv-plan.ts'
import type { KvScenario } from './kv-scenario.ts'
import { parseAnyScenario, parseScenario } from './parse-scenario.ts'
import { createPlan, type Plan } from './plan.ts'

const folder = new URL('../../scenarios/', import.meta.url)
const allFiles = readdirSync(folder).filter(file => file.endsWith('.yaml'))
const kvFiles = allFiles.filter(file => file.startsWith('kv-'))
const files = allFiles.filter(file => !kvFiles.includes(file))

test('the scenarios that the documentation names are there', () => {
  const named = [
    'default',
    'smoke',
    'steady',
    'lobby',
    'slow-readers',
    'join-storm',
    'mesh',
    'popular',
    'churn',
    'reconnect-storm',
    'overload',
    'soak',
  ]
  expect(files).toEqual(expect.arrayContaining(named.map(name => `${name}.yaml`)))
})

describe.each(files)('scenarios/%s', file => {
  const text = readFileSync(new URL(file, folder), 'utf8')
  const scenario = parseScenario({ text, file, overrides: [] })

  test('is named as its file, says what it shows, and tells the editor its schema', () => {
    expect(scenario.name).toBe(basename(file, '.yaml'))
    expect(scenario.about).not.toBe('')
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../docs/scenario.schema.json')
  })

  test('makes a plan that sends something', () => {
    const plan = createPlan(scenario, 1)
    expect(plan.closed !== null || plan.messages.count > 0).toBe(true)
  })

  test('reads the same when it is written down as a record and read again', () => {
    expect(parseScenario({ text: JSON.stringify(scenario), file, overrides: [] })).toEqual(scenario)
  })
})

describe.each(kvFiles)('scenarios/%s', file => {
  const text = readFileSync(new URL(file, folder), 'utf8')
  const scenario = kvScenarioOf(text, file)

  test('is named as its file, says what it shows, and tells the editor its schema', () => {
    expect(scenario.name).toBe(basename(file, '.yaml'))
    expect(scenario.about).not.toBe('')
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../docs/kv-scenario.schema.json')
  })

  test('makes a plan that asks for something, and reads the same when it is written down as a record and read again', () => {
    expect(createKvPlan(scenario, 1).requests.count).toBeGreaterThan(0)
    expect(parseAnyScenario({ text: JSON.stringify(scenario), file, overrides: [] })).toEqual(scenario)
  })
})

test('smoke plans over 200,000 deliveries in 10 s', () => {
  const plan = planOf('smoke.yaml')
  expect(plan.scheduleMs).toBe(10_000)
  expect(plannedDeliveries(plan)).toBeGreaterThan(200_000)
})

test('the default has 1,000 users, 100 channels, all kinds of slow readers, and takes less than 20 s', () => {
  const plan = planOf('default.yaml')
  expect(plan.users).toBe(1_000)
  expect(plan.channelNames.length).toBe(100)
  expect(plan.cohorts.map(({ reading }) => reading)).toEqual(['full', 'throttled', 'pausing', 'stopped'])
  expect(plan.scheduleMs).toBeLessThan(20_000)
})

test('slow-readers has more than 16 MiB and 30 s of traffic for each stopped reader, so that eviction can be asked for', () => {
  const plan = planOf('slow-readers.yaml')
  const stopped = plan.cohorts.findIndex(({ reading }) => reading === 'stopped')
  const cohort = plan.cohorts[stopped]
  if (cohort?.reading !== 'stopped') throw new Error('Expected a cohort of stopped readers')
  const bytesOf = new Float64Array(plan.channelNames.length)
  for (let n = 0; n < plan.messages.count; n++) {
    const channel = plan.messages.channel[n] ?? 0
    if ((plan.messages.dueMs[n] ?? 0) >= cohort.fromMs) bytesOf[channel] = (bytesOf[channel] ?? 0) + (plan.messages.bodyBytes[n] ?? 0)
  }
  for (let user = 0; user < plan.users; user++) {
    if (plan.cohortOf[user] !== stopped) continue
    const own = plan.memberChannels.subarray(plan.memberOffsets[user], plan.memberOffsets[user + 1])
    expect(own.reduce((sum, channel) => sum + (bytesOf[channel] ?? 0), 0)).toBeGreaterThan(16 * 2 ** 20)
  }
  expect(plan.scheduleMs - cohort.fromMs).toBeGreaterThan(30_000)
})

function kvScenarioOf(text: string, file: string): KvScenario {
  const scenario = parseAnyScenario({ text, file, overrides: [] })
  if (scenario.exercise !== 'kv') throw new Error(`Expected ${file} to be for kv`)
  return scenario
}

function planOf(file: string): Plan {
  return createPlan(parseScenario({ text: readFileSync(new URL(file, folder), 'utf8'), file, overrides: [] }), 1)
}

function plannedDeliveries(plan: Plan): number {
  const sizes = new Uint32Array(plan.channelNames.length)
  for (const channel of plan.memberChannels) sizes[channel] = (sizes[channel] ?? 0) + 1
  return plan.channelMessageCounts.reduce((sum, count, channel) => sum + count * (sizes[channel] ?? 0), 0)
}
