/** For tests: a small right chat server over TCP lines, in CommonJS. `twist` may replace parts of `chat` and sees `members`, a map of sets. */
export function littleChat(twist = ''): string {
  return `
const members = new Map()
const chat = {
  join(socket, { id, channels }) {
    for (const name of channels) {
      if (!members.has(name)) members.set(name, new Set())
      members.get(name).add(socket)
    }
    chat.say(socket, { type: 'joined', id })
  },
  send(socket, { channel, body }) {
    for (const member of members.get(channel) ?? []) chat.say(member, { type: 'message', channel, body })
  },
  broken(socket) {
    chat.say(socket, { type: 'error', message: 'not the protocol' })
  },
  unknown() {},
  came() {},
  left(socket) {
    for (const each of members.values()) each.delete(socket)
  },
  say(socket, object) {
    socket.write(JSON.stringify(object) + '\\n')
  },
}
${twist}
const server = require('node:net').createServer({ noDelay: true }, socket => {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', text => {
    const lines = (rest + text).split('\\n')
    rest = lines.pop()
    for (const line of lines) take(socket, line)
  })
  socket.on('error', () => {})
  socket.on('close', () => chat.left(socket))
  chat.came(socket)
})
function take(socket, line) {
  let request
  try {
    request = JSON.parse(line)
  } catch {
    return chat.broken(socket, line)
  }
  if (request?.type === 'join' && Array.isArray(request.channels)) chat.join(socket, request, line)
  else if (request?.type === 'send') chat.send(socket, request, line)
  else chat.unknown(socket, request)
}
server.listen({ host: process.env.HOST, port: +process.env.PORT, backlog: 1024 })
`
}
