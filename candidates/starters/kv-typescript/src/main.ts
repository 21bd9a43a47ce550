/** Starts one node, as the environment says: NODE, HOST, PORT, PEERS and DATA_DIR. */
import { mkdirSync } from 'node:fs'
import { HttpDoor } from './http-door.ts'
import { parsePeers } from './peer.ts'
import { Store } from './store.ts'

const { NODE: name = 'a', HOST: host = '127.0.0.1', PORT: port = '7000', PEERS: peers = '', DATA_DIR: folder = 'data' } = process.env

mkdirSync(folder, { recursive: true })
const store = new Store(name, folder, parsePeers(peers, name))
const door = new HttpDoor(store)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    await door.close()
    await store.stop()
    process.exit(0)
  })
}

await door.listen(host, Number(port))
await store.start()
door.serveClients()
