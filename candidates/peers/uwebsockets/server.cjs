// uWebSockets.js with its own topics. The binary is loaded by its name, since the package's entry point would fall back to plain
// JavaScript without it, and a comparison with that would be a comparison with something else.
const BACKLOG_LIMIT_BYTES = 16 * 1024 * 1024
const uWS = loadBinary()

const app = uWS.App().ws('/*', {
  compression: uWS.DISABLED,
  idleTimeout: 0,
  sendPingsAutomatically: false,
  maxPayloadLength: 2 * 1024 * 1024,
  maxBackpressure: BACKLOG_LIMIT_BYTES,
  closeOnBackpressureLimit: true,
  message(peer, data) {
    let request
    try {
      request = JSON.parse(Buffer.from(data).toString())
    } catch {
      return reply(peer, { type: 'error', message: 'Expected JSON' })
    }
    if (request?.type === 'join') join(peer, request)
    if (request?.type === 'send') send(peer, request)
  },
})
app.listen(process.env.HOST ?? '127.0.0.1', Number(process.env.PORT ?? 7000), listening => {
  if (listening) console.log('listening')
  else process.exit(1)
})
process.on('SIGTERM', () => process.exit(0))

function join(peer, { id, channels }) {
  if (!Array.isArray(channels) || !channels.every(name => typeof name === 'string')) {
    return reply(peer, { type: 'error', message: 'Expected channels to be a list of names', id })
  }
  for (const name of channels) peer.subscribe(name)
  reply(peer, { type: 'joined', id })
}

function send(peer, { id, channel, body }) {
  if (typeof channel !== 'string' || typeof body !== 'string') {
    return reply(peer, { type: 'error', message: 'Expected channel and body to be text', id })
  }
  app.publish(channel, JSON.stringify({ type: 'message', channel, body }), false)
}

function reply(peer, object) {
  peer.send(JSON.stringify(object), false)
}

function loadBinary() {
  const name = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`
  try {
    return require(`@trufflesuite/uws-js-unofficial/binaries/${name}`)
  } catch (error) {
    console.error(
      `Expected the uWebSockets.js binary ${name} to be installed, got: ${String(error.message).split('\n')[0]}\n` +
        'Run "npm install --ignore-scripts" in candidates/peers/uwebsockets, or allow its build the network (--build-network). ' +
        'The package has binaries for Node 16, 18 and 20.',
    )
    process.exit(1)
  }
}
