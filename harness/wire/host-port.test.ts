import { expect, test } from 'vitest'
import { hostPort } from './host-port.ts'

test.each([
  ['127.0.0.1', '127.0.0.1:7000'],
  ['localhost', 'localhost:7000'],
  ['::1', '[::1]:7000'],
])('host %s at port 7000 is written %s', (host, written) => {
  expect(hostPort(host, 7000)).toBe(written)
  expect(new URL(`http://${written}`).port).toBe('7000')
})
