import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { HOST, WsClient, cleanUps, closeAll, metric, start, tcpClient, untilMetric, wsClient } from './clients-fixture.ts'

afterEach(closeAll)

describe('both doors', () => {
  test('clients of either door share channels, and bodies arrive unchanged', async () => {
    const service = await start()
    const [ada, bob] = [await wsClient(service), await tcpClient(service)]
    await ada.join('red', '__proto__')
    await bob.join('red')
    const body = '< & > " \\ \u2028 \u0000 \u{1f600} {"type":"message"}\n'.repeat(300)
    ada.send({ type: 'send', channel: 'red', body, extra: 1 })
    expect((await bob.until(reply => reply.type === 'message')).body).toBe(body)
    expect((await ada.until(reply => reply.type === 'message')).body).toBe(body)
    ada.send({ type: 'send', channel: '__proto__', body: 'own' })
    await ada.until(reply => reply.channel === '__proto__')
    expect(bob.bodies).toHaveLength(1)
  })

  test('a name claimed again closes the older connection at the other door with a reason, and the newer one works', async () => {
    const service = await start()
    const [older, newer] = [await wsClient(service), await tcpClient(service)]
    older.send({ type: 'hello', id: 1, username: 'ada' })
    await older.until(reply => reply.type === 'welcome')
    await older.join('red')
    newer.send({ type: 'hello', id: 1, username: 'ada' })
    await newer.join('red')
    newer.send({ type: 'send', channel: 'red', body: 'mine now' })
    await newer.until(reply => reply.body === 'mine now')
    expect(await older.closed).toEqual({ code: 4001, reason: 'replaced: this user name connected again' })
    expect(older.bodies).toEqual([])
  })

  test('serves requests that come byte by byte, and 256 KiB of them in one go', async () => {
    const service = await start()
    const ada = await tcpClient(service)
    for (const byte of Buffer.from('{"type":"join","id":1,"channels":["r\\u00e9d","é"]}\n')) ada.socket.write(Buffer.of(byte))
    await ada.until(reply => reply.type === 'joined')
    const count = 6000
    ada.socket.write(Array.from({ length: count }, (_, index) => `{"type":"send","channel":"é","body":"${index}"}\n`).join(''))
    await ada.until(reply => reply.body === `${count - 1}`)
    expect(ada.bodies).toEqual(Array.from({ length: count }, (_, index) => `${index}`))
  })

  test('joins a thousand channels with 64-byte names in one request', async () => {
    const service = await start()
    const ada = await wsClient(service)
    const channels = Array.from({ length: 1000 }, (_, index) => String(index).padStart(64, 'e'))
    await ada.join(...channels)
    ada.send({ type: 'send', channel: channels[999], body: 'last' })
    expect((await ada.until(reply => reply.type === 'message')).channel).toBe(channels[999])
    ada.socket.close()
    await untilMetric(service, 'chat_channels', 0)
  })

  test.each([
    ['ws', wsClient],
    ['tcp', tcpClient],
  ] as const)('%s: answers bad requests with errors, and goes on serving', async (_door, open) => {
    const service = await start()
    const ada = await open(service)
    const bad = [
      '{',
      '[]',
      'null',
      '{"type":"join","id":1e400,"channels":["a"]}',
      '{"type":"join","id":1}',
      `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
    ]
    for (const text of bad) ada.send(text)
    ada.send({ type: 'from a later version' })
    await ada.join('red')
    expect(ada.replies.filter(reply => reply.type === 'error')).toHaveLength(bad.length)
  })
})

describe('WebSocket door', () => {
  test('closes on broken frames, and others notice nothing', async () => {
    const service = await start()
    const ada = await wsClient(service)
    await ada.join('red')
    const frames = [
      [0x81, 0x05, 1, 2, 3, 4, 5],
      [0xf1, 0x80, 0, 0, 0, 0],
      [0x83, 0x80, 0, 0, 0, 0],
      [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28],
      [0x80, 0x80, 0, 0, 0, 0],
    ]
    for (const frame of frames) {
      const broken = await wsClient(service)
      await broken.join('red')
      broken.raw.write(Buffer.from(frame))
      expect([1002, 1007]).toContain((await broken.closed).code)
    }
    ada.send({ type: 'send', channel: 'red', body: 'still here' })
    await ada.until(reply => reply.body === 'still here')
    await untilMetric(service, 'chat_connections', 1)
  })

  test('refuses a frame that announces 64 MiB before reading it, and takes one of 1 MiB', async () => {
    const service = await start()
    const [big, small] = [await wsClient(service), await wsClient(service)]
    big.raw.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4]))
    expect((await big.closed).code).toBe(1009)
    const request = JSON.stringify({ type: 'join', id: 1, channels: ['red'], padding: '' })
    small.send(request.replace('"padding":""', `"padding":"${'x'.repeat(1_048_576 - request.length)}"`))
    await small.until(reply => reply.type === 'joined')
  })

  test('refuses binary messages, upgrades elsewhere, and clients beyond the limit with 503 until one leaves', async () => {
    const service = await start({ maxConnections: 1 })
    const ada = await wsClient(service)
    ada.socket.send(Buffer.from('{"type":"join","id":1,"channels":["a"]}'))
    await ada.until(reply => reply.type === 'error')
    const refused = new WsClient(service)
    const [, response] = (await once(refused.socket, 'unexpected-response')) as [unknown, { statusCode: number }]
    expect(response.statusCode).toBe(503)
    expect((await fetch(`http://${HOST}:${service.wsPort}/health`)).status).toBe(503)
    ada.socket.close()
    await ada.closed
    await untilMetric(service, 'chat_connections', 0)
    await wsClient(service)
  })

  test('finds dead peers by ping, and leaves those that answer alone', async () => {
    const service = await start({ pingIntervalMs: 100 })
    const alive = await wsClient(service)
    const dead = new WebSocket(`ws://${HOST}:${service.wsPort}/`, { autoPong: false })
    cleanUps.push(() => dead.terminate())
    await once(dead, 'close')
    await untilMetric(service, 'chat_dead_peers_total', 1)
    await alive.join('red')
  })

  test('disconnects a reader that stopped, with 1013 and a reason, and the others get everything', async () => {
    const service = await start({ maxOutboxBytes: 65_536 })
    const [stopped, reader] = [await wsClient(service), await wsClient(service)]
    await stopped.join('red')
    await reader.join('red')
    stopped.socket.pause()
    const body = 'x'.repeat(16_000)
    let sent = 0
    while ((await metric(service, 'chat_evictions_total')) === 0 && sent < 4000) {
      for (let count = 0; count < 50; count++, sent++) reader.send({ type: 'send', channel: 'red', body })
      await reader.until(() => reader.bodies.length === sent)
    }
    expect(await metric(service, 'chat_evictions_total')).toBe(1)
    stopped.socket.resume()
    const { code } = await stopped.closed
    expect([1013, 1006]).toContain(code)
    expect(reader.bodies).toHaveLength(sent)
    expect(await metric(service, 'chat_queue_bytes')).toBe(0)
  })

  test('disconnects a reader that stopped while its kernel still takes everything', async () => {
    const service = await start({ pingAfterBytes: 65_536, pongMs: 200 })
    const [stopped, reader] = [await wsClient(service), await wsClient(service)]
    await stopped.join('red')
    await reader.join('red')
    stopped.socket.pause()
    for (let count = 0; count < 6; count++) reader.send({ type: 'send', channel: 'red', body: 'x'.repeat(16_000) })
    await untilMetric(service, 'chat_evictions_total', 1)
    stopped.socket.resume()
    expect(await stopped.closed).toEqual({ code: 1013, reason: 'slow reader: a ping was not read within 200 ms' })
    await reader.join('blue')
  })

  test('a reader that pauses for a while with 256 KiB due loses nothing', async () => {
    const service = await start()
    const [pausing, sender] = [await wsClient(service), await wsClient(service)]
    await pausing.join('red')
    pausing.socket.pause()
    for (let count = 0; count < 256; count++) sender.send({ type: 'send', channel: 'red', body: `${count}`.padEnd(1000, '.') })
    await sender.join('done')
    pausing.socket.resume()
    await pausing.until(() => pausing.bodies.length === 256)
  })

  test('stops by sending what waits, then closing with 1001', async () => {
    const service = await start()
    const [ada, bob] = [await wsClient(service), await tcpClient(service)]
    await ada.join('red')
    await bob.join('red')
    const ended = once(bob.socket, 'close')
    await service.stop()
    expect((await ada.closed).code).toBe(1001)
    await ended
    expect(bob.replies.at(-1)).toMatchObject({ type: 'error' })
  })
})

describe('TCP door', () => {
  test('refuses a line that never ends, and leaves others alone', async () => {
    const service = await start()
    const [endless, ada] = [await tcpClient(service), await tcpClient(service)]
    const closed = once(endless.socket, 'close')
    for (let count = 0; count < 40; count++) endless.socket.write('x'.repeat(32_768))
    await endless.until(reply => reply.type === 'error')
    await closed
    await ada.join('red')
    await untilMetric(service, 'chat_connections', 1)
  })

  test('answers invalid UTF-8 with an error', async () => {
    const service = await start()
    const ada = await tcpClient(service)
    ada.socket.write(Buffer.from([0x22, 0xc3, 0x28, 0x22, 0x0a]))
    await ada.until(reply => reply.type === 'error')
  })

  test('refuses clients beyond the limit with a reason', async () => {
    const service = await start({ maxConnections: 1 })
    const ada = await tcpClient(service)
    await ada.join('red')
    const refused = await tcpClient(service)
    expect((await refused.until(reply => reply.type === 'error')).message).toContain('full')
  })
})
