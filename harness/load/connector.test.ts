import { afterEach, expect, it, vi } from 'vitest'
import { ChatSocket, type ChatAddress } from '../wire/chat-socket.ts'
import { createReadArea } from '../wire/read-area.ts'
import { Connector } from './connector.ts'
import type { LoadUser } from './load-user.ts'
import { newUser } from './load-user-fixture.ts'

const AT_ONCE = 128
const AREA = createReadArea(1024)
const ADDRESS: ChatAddress = { transport: 'tcp', host: '127.0.0.1', port: 1 }

const { platform } = process
afterEach(() => {
  Object.defineProperty(process, 'platform', { value: platform })
})

it.each([
  ['linux', '127.0.0.1', '127.0.0.2'],
  ['linux', '192.0.2.1', undefined],
  ['darwin', '127.0.0.1', undefined],
])('on %s user 10,000 of a server at %s comes from %s', (system, host, source) => {
  Object.defineProperty(process, 'platform', { value: system })
  const connector = new Connector({ ...ADDRESS, host }, [{ name: 'full speed', reading: 'full' }], () => 0)
  const { user, connect } = asking(10_000)
  connector.add(user)
  expect(connect.mock.calls).toEqual([[{ ...ADDRESS, host }, expect.anything(), source]])
})

it('a user whose turn comes again while it still waits is let in once', () => {
  const connector = new Connector(ADDRESS, [{ name: 'full speed', reading: 'full' }], () => 0)
  const first = Array.from({ length: AT_ONCE }, (_, index) => asking(index))
  const late = asking(AT_ONCE)
  for (const { user } of first) connector.add(user)
  connector.add(late.user)
  connector.add(late.user)
  expect([connector.waiting.size, late.connect.mock.calls.length]).toEqual([1, 0])
  for (const { user } of first) connector.done(user)
  expect([connector.waiting.size, late.connect.mock.calls.length]).toEqual([0, 1])
  for (const { user } of [...first, late]) user.socket?.destroy()
})

/** A user that has a connection as soon as it asks for one, and is never let in. */
function asking(index: number): { user: LoadUser; connect: { readonly mock: { readonly calls: readonly unknown[] } } } {
  const user = newUser(index, 1)
  const connect = vi.spyOn(user, 'connect').mockImplementation(() => {
    user.socket = new ChatSocket(ADDRESS, AREA, user)
    user.socket.destroy()
  })
  return { user, connect }
}
