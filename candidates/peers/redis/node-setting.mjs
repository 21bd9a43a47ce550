// What a node is told in its environment, and the real server beside it.
import { spawn } from 'node:child_process'

const ASK_AGAIN_MS = 300
const PATIENCE_MS = 3000

/** NODE, HOST, PORT, DATA_DIR, and PEERS without the node itself. */
export function readSetting(env) {
  const { NODE: name = 'a', HOST: host = '127.0.0.1', PORT = '7400', PEERS = '', DATA_DIR: folder = '.' } = env
  const peers = PEERS.split(',')
    .filter(part => part.trim() !== '')
    .map(part => {
      const [, peer, peerHost, peerPort] = /^\s*([^=\s]+)=(\[[^\]]+\]|[^:\s]+):(\d+)\s*$/.exec(part) ?? []
      if (peer === undefined) fail(`Expected PEERS to hold name=host:port, got ${part}.`)
      return { name: peer, host: peerHost.replaceAll(/[[\]]/g, ''), port: Number(peerPort) }
    })
    .filter(peer => peer.name !== name)
  for (const one of [name, ...peers.map(peer => peer.name)]) {
    if (!/^[\w-]{1,40}$/.test(one)) fail(`Expected names of letters, digits, _ and -, got ${one}.`)
  }
  return { name, host, port: Number(PORT), folder, peers }
}

/** Starts the real server. It ends with this process, and this process with it. */
export function startBeside(command, args, missing) {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  let isStopping = false
  child.once('error', error => fail(error.code === 'ENOENT' ? missing : error.message))
  child.once('exit', (code, signal) => {
    if (isStopping) process.exit(0)
    fail(`${command} ended by itself (${signal ?? `exit code ${code}`}).`)
  })
  process.once('exit', () => child.kill('SIGKILL'))
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => {
      isStopping = true
      child.kill('SIGTERM')
      // Redis refuses to end while it writes its first file: it is asked again, and then not asked.
      setInterval(() => child.kill('SIGTERM'), ASK_AGAIN_MS)
      setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    })
  }
}

export function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}
