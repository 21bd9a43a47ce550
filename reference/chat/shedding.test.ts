import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { HOST, WsClient, closeAll, metric, start, tcpClient, untilMetric, wsClient } from './clients-fixture.ts'
import type { Client, Reply } from './clients-fixture.ts'
import type { ChatService } from './chat-service.ts'
import { PressedProcess } from './pressure-fixture.ts'

const DOORS = [
  ['ws', wsClient],
  ['tcp', tcpClient],
] as const
const RESOURCES = ['loopDelay', 'memory', 'queuedBytes', 'bandwidth'] as const
/** How many looks at a full resource lead from normal to each step. */
const LOOKS = { shedSends: 4, refuseJoins: 14, refuseConnections: 24 } as const
const SENDS = 60
/** Of a burst at least so many are shed: the rest is one message for each of the windows in which it may be read on a busy machine. */
const LEAST_SHED = 20

afterEach(closeAll)

async function pressedService(): Promise<{ service: ChatService; machine: PressedProcess }> {
  const machine = new PressedProcess()
  return { service: await start({ protectedDeliveriesPerSecond: 0 }, machine), machine }
}

/** Sends in one go, and waits until each send was delivered or shed; returns the ids of those that were shed. */
async function burst(client: Client, name: string): Promise<number[]> {
  const sends = Array.from({ length: SENDS }, (_, id) => ({ type: 'send', id: id + 1000, channel: 'red', body: `${name} ${id + 1000}` }))
  for (const send of sends) client.send(send)
  const arrived = (): number[] =>
    client.bodies.filter(body => String(body).startsWith(name)).map(body => Number(String(body).slice(name.length + 1)))
  const shed = (): number[] => client.replies.filter(reply => reply.type === 'shed').map(reply => Number(reply.id))
  await client.until(() => arrived().length + shed().length >= SENDS)
  expect([...arrived(), ...shed()].sort((a, b) => a - b)).toEqual(sends.map(({ id }) => id))
  return shed()
}

async function joinReply(client: Client, id: number, channel: string): Promise<Reply> {
  client.send({ type: 'join', id, channels: [channel] })
  return await client.until(reply => reply.id === id)
}

async function health(service: ChatService): Promise<{ status: number; state: unknown }> {
  const response = await fetch(`http://${HOST}:${service.wsPort}/health`)
  return { status: response.status, state: await response.json() }
}

/** The status that an upgrade gets. */
async function upgradeStatus(service: ChatService): Promise<number> {
  const client = new WsClient(service)
  const [, response] = (await once(client.socket, 'unexpected-response')) as [unknown, { statusCode: number }]
  return response.statusCode
}

describe.each(DOORS)('at the %s door', (_door, open) => {
  test.each(RESOURCES)('%s at its limit sheds sends, then refuses joins, then new clients, and it all comes back', async resource => {
    const { service, machine } = await pressedService()
    const ada = await open(service)
    await ada.join('red')
    expect(await burst(ada, 'calm')).toEqual([])

    machine.press(resource, 1, LOOKS.shedSends)
    expect((await health(service)).state).toEqual({ status: 'ok', connections: 1, shedding: 'shed sends' })
    const shed = await burst(ada, 'pressed')
    expect(shed.length).toBeGreaterThanOrEqual(LEAST_SHED)
    expect(await metric(service, 'chat_sends_shed_total')).toBe(shed.length)
    expect(await joinReply(ada, 6, 'blue')).toEqual({ type: 'joined', id: 6 })

    machine.press(resource, 1, LOOKS.refuseJoins - LOOKS.shedSends)
    expect(await joinReply(ada, 7, 'green')).toEqual({ type: 'error', id: 7, message: expect.stringContaining('overloaded') })
    expect(await metric(service, 'chat_joins_refused_total')).toBe(1)
    expect(await metric(service, 'chat_channels')).toBe(2)

    machine.press(resource, 1, LOOKS.refuseConnections - LOOKS.refuseJoins)
    expect(await health(service)).toMatchObject({ status: 503, state: { shedding: 'refuse connections' } })
    expect(await upgradeStatus(service)).toBe(503)
    const refused = await tcpClient(service)
    await refused.until(reply => reply.type === 'error' && String(reply.message).includes('overloaded'))
    expect(await metric(service, 'chat_connections_refused_total')).toBe(2)

    // Between recovered and full nothing moves.
    machine.press(resource, 0.8, 50)
    expect(await metric(service, 'chat_shedding_step')).toBe(4)
    machine.press(resource, 0.1, 3)
    await open(service)
    expect(await joinReply(ada, 8, 'green')).toMatchObject({ type: 'error' })
    machine.press(resource, 0.1, 3)
    expect(await joinReply(ada, 9, 'green')).toEqual({ type: 'joined', id: 9 })
    machine.press(resource, 0.1, 6)
    expect(await metric(service, 'chat_shedding_step')).toBe(0)
    const shedBefore = await metric(service, 'chat_sends_shed_total')
    ada.replies.length = 0
    expect(await burst(ada, 'calm again')).toEqual([])
    expect(await metric(service, 'chat_sends_shed_total')).toBe(shedBefore)
  })

  test('a send without an id is told by an error that one was dropped', async () => {
    const { service, machine } = await pressedService()
    const ada = await open(service)
    await ada.join('red')
    machine.press('bandwidth', 1, LOOKS.shedSends)
    for (let count = 0; count < SENDS; count++) ada.send({ type: 'send', channel: 'red', body: 'x' })
    await ada.until(reply => reply.type === 'error' && String(reply.message).includes('give sends an id'))
    expect(ada.replies.filter(reply => reply.type === 'shed')).toEqual([])
  })

  test('a full memory lets the reader go for whom most waits, with a reason, and nobody else', async () => {
    const { service, machine } = await pressedService()
    const [stopped, reader] = [await open(service), await open(service)]
    await stopped.join('red')
    await reader.join('red')
    const gone = once(stopped.socket, 'close')
    stopped.socket.pause()
    const body = 'x'.repeat(16_000)
    let sent = 0
    while ((await metric(service, 'chat_queue_bytes')) <= 65_536 && sent < 4000) {
      for (let count = 0; count < 25; count++, sent++) reader.send({ type: 'send', channel: 'red', body })
      await reader.until(() => reader.bodies.length === sent)
    }
    expect(await metric(service, 'chat_evictions_total')).toBe(0)
    machine.press('memory', 1, 1)
    expect(await metric(service, 'chat_evictions_total')).toBe(1)
    expect(await metric(service, 'chat_queue_bytes')).toBe(0)
    expect(await metric(service, 'chat_connections')).toBe(1)
    stopped.socket.resume()
    await gone
    reader.send({ type: 'send', channel: 'red', body: 'still here' })
    await reader.until(reply => reply.body === 'still here')
  })
})

test('health and metrics show what the traffic was, over both doors', async () => {
  const { service } = await pressedService()
  expect(await health(service)).toEqual({ status: 200, state: { status: 'ok', connections: 0, shedding: 'normal' } })
  const [ada, bob, cleo] = [await wsClient(service), await tcpClient(service), await wsClient(service)]
  await ada.join('red', 'blue')
  await bob.join('red')
  await cleo.join('green')
  for (let count = 0; count < 10; count++) ada.send({ type: 'send', channel: 'red', body: `${count}` })
  bob.send({ type: 'send', channel: 'nobody is here', body: 'x' })
  bob.send('no request')
  await bob.until(() => bob.bodies.length === 10)
  await bob.until(reply => reply.type === 'error')
  await ada.until(() => ada.bodies.length === 10)
  const expected = {
    chat_connections: 3,
    chat_connections_accepted_total: 3,
    chat_connections_refused_total: 0,
    chat_channels: 3,
    chat_joins_total: 3,
    chat_messages_total: 10,
    chat_deliveries_total: 20,
    chat_invalid_requests_total: 1,
    chat_queue_bytes: 0,
    chat_evictions_total: 0,
    chat_sends_shed_total: 0,
    chat_shedding_step: 0,
    chat_memory_bytes: 1,
  }
  for (const [name, value] of Object.entries(expected)) expect([name, await metric(service, name)]).toEqual([name, value])
  expect(await metric(service, 'chat_event_loop_delay_p99_seconds')).toBeGreaterThanOrEqual(0)
  const writes = await metric(service, 'chat_writes_total')
  expect(writes).toBeGreaterThanOrEqual(6)
  expect(writes).toBeLessThanOrEqual(24)
  cleo.socket.terminate()
  await untilMetric(service, 'chat_connections', 2)
  expect(await metric(service, 'chat_channels')).toBe(2)
})
