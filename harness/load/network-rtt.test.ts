import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { measureFarthestRtt, measureNetworkRtt } from './network-rtt.ts'

const nowhere = (): boolean => false
const server = createServer(socket => socket.on('error', () => undefined))
let connections = 0
let port = 0
beforeAll(async () => {
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => void server.close())

test('a server elsewhere is as far away as handshakes with it take', async () => {
  const rttMs = await measureNetworkRtt('127.0.0.1', port, nowhere)
  expect(rttMs).toBeGreaterThan(0)
  expect(rttMs).toBeLessThan(1000)
})

test('the look-up of a name is no part of the way', async () => {
  const before = connections
  expect(await measureNetworkRtt('localhost', port, nowhere)).toBeGreaterThan(0)
  // The first tells the address.
  await expect.poll(() => connections - before).toBe(6)
})

test('a server on this machine has no distance, and is not even asked', async () => {
  const before = connections
  expect(await measureNetworkRtt('127.0.0.1', port)).toBeNull()
  expect(await measureNetworkRtt('localhost', port)).toBeNull()
  expect(connections).toBe(before)
})

test('a name that leads to this machine is found out by where it leads', async () => {
  // Looks like a name from elsewhere until it is connected.
  expect(await measureNetworkRtt('localhost', port, address => address === '127.0.0.1')).toBeNull()
})

test('where nothing answers, nothing is measured', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const closed = (other.address() as AddressInfo).port
  other.close()
  await once(other, 'close')
  expect(await measureNetworkRtt('127.0.0.1', closed, nowhere)).toBeNull()
})

test('servers that are all on this machine have no distance', async () => {
  expect(await measureFarthestRtt([{ host: '127.0.0.1', port }])).toBeNull()
  expect(await measureFarthestRtt([])).toBeNull()
})

test('of servers of which one is elsewhere, that one says how far away they are', async () => {
  const elsewhere = { host: '127.0.0.1', port }
  const here = { host: '127.0.0.2', port }
  expect(await measureFarthestRtt([here, elsewhere, here], address => address === here.host)).toBeGreaterThan(0)
})
