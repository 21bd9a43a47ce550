/** The reference key-value store: its speed beside a server that does nothing, a failover, start-up with much data; how latency is measured and histories are judged. */
import type { BenchPart } from './bench-part.ts'
import { measureChecker } from './kv-checker.ts'
import { measureFailover } from './kv-failover.ts'
import { measureOmission } from './kv-omission.ts'
import { measureSpeed } from './kv-speed.ts'
import { measureStartup } from './kv-startup.ts'

export const KV_PARTS: readonly BenchPart[] = [
  { name: 'kv-speed', about: 'the reference key-value store beside a bare node:http server', run: measureSpeed },
  { name: 'kv-failover', about: 'three of its nodes while one is killed', run: async context => [await measureFailover(context)] },
  {
    name: 'kv-omission',
    about: 'how a load tool and our pacer time a server of 100 ms',
    run: async context => [await measureOmission(context)],
  },
  { name: 'kv-checker', about: 'the search for an order in a thousand histories', run: async context => [await measureChecker(context)] },
  {
    name: 'kv-startup',
    about: '100,000 keys: start-up from log, snapshot and peer; memory',
    run: async context => [await measureStartup(context)],
  },
]
