// As little as node:http can do: a value that never changes, and writes that go nowhere.
import { createServer } from 'node:http'

const VALUE = Buffer.alloc(100, 'x')

createServer({ noDelay: true }, (request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': VALUE.length }).end(VALUE)
    return
  }
  request.resume()
  request.on('end', () => response.writeHead(204).end())
}).listen(Number(process.env.PORT), process.env.HOST)
