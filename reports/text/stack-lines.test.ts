import { expect, test } from 'vitest'
import { stackLines } from './stack-lines.ts'
import { terminalStyle } from './terminal-style.ts'

const style = terminalStyle({ colour: false, width: 100 })

const JVM = `2026-01-01 00:00:00
Full thread dump OpenJDK 64-Bit Server VM (17):

Threads class SMR info:
_java_thread_list=0x00007f3e1c23ac60, length=43, elements={
0x00007f3e1c017a50, 0x00007f3e1c1858b0
}

"main" #1 prio=5 runnable
   java.lang.Thread.State: RUNNABLE
\tat sun.nio.ch.EPoll.wait(java.base@17/Native Method)
\tat TcpServer.run(TcpServer.java:48)

"pool-1-thread-1" #10 prio=5 waiting
   java.lang.Thread.State: WAITING (parking)
\tat jdk.internal.misc.Unsafe.park(java.base@17/Native Method)
\tat java.lang.Thread.run(java.base@17/Thread.java:840)

"pool-1-thread-2" #11 prio=5 waiting
   java.lang.Thread.State: WAITING (on object monitor)
\tat java.lang.Object.wait(java.base@17/Native Method)
\tat ChatServer.handleRequestToSendMessage(ChatServer.java:35)

JNI global refs: 10, weak refs: 0
`

test("of a JVM's dump the threads in the server's own code are shown, handlers before the reading thread", () => {
  const text = stackLines(JVM, style).join('\n')
  expect(text).not.toContain('0x00007f')
  expect(text).not.toContain('pool-1-thread-1"')
  expect(text.indexOf('ChatServer.java:35')).toBeGreaterThan(0)
  expect(text.indexOf('ChatServer.java:35')).toBeLessThan(text.indexOf('TcpServer.java:48'))
  expect(text).toMatch(/more lines are in check\.json\)$/)
})

test('any other dump is shown from its beginning', () => {
  expect(stackLines('goroutine 1 [select]:\nmain.main()', style).join('\n')).toMatch(/goroutine 1 \[select\]:\n.*main\.main\(\)$/)
  expect(stackLines(undefined, style)).toEqual([])
})
