// What Artillery's WebSocket engine needs to time messages that nobody asked for: a listener that parses each, records its latency
// the way Artillery records everything, and counts. When all have come, it says what they cost and ends the process.
const expected = Number(process.env.CONNECTIONS) * Number(process.env.MESSAGES)
const WARM_UP_SHARE = 0.5
const LIMIT_MS = 60_000

let received = 0
let measuredFrom

module.exports = { listen }

function listen(context, events, done) {
  context.ws.on('message', data => {
    const message = JSON.parse(data.toString())
    if (message.type !== 'message') return
    events.emit('histogram', 'delivery', performance.now() - Number.parseInt(message.body.slice(14, 18), 36))
    received++
    if (measuredFrom === undefined && received >= expected * WARM_UP_SHARE) {
      measuredFrom = { received, cpu: process.cpuUsage(), wallMs: performance.now() }
    }
    if (received === expected) finish()
  })
  context.ws.send(JSON.stringify({ type: 'join', id: 1, channels: [process.env.CHANNEL] }))
  setTimeout(done, LIMIT_MS)
}

function finish() {
  const { user, system } = process.cpuUsage(measuredFrom.cpu)
  const measured = received - measuredFrom.received
  const wallMs = performance.now() - measuredFrom.wallMs
  const line = JSON.stringify({ received, expected, measured, reads: 0, wallMs, cpuMs: (user + system) / 1000, problem: '' })
  require('node:fs').writeSync(1, `\nRECEIVED ${line}\n`)
  process.kill(process.pid, 'SIGKILL')
}
