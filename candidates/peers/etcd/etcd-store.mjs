// etcd's version 3 interface as JSON over HTTP, on a Unix socket. Reads are linearizable, which is etcd's default.
import { Agent, request } from 'node:http'
import { Unavailable } from './contract-door.mjs'

/** A member without a leader waits for one for up to 7 s; a client is better off with another member. */
const TIMEOUT_MS = 2000
/** Old revisions that are kept when the rest is compacted. */
const KEPT_REVISIONS = 1000

export class EtcdStore {
  #socketPath
  #agent = new Agent({ keepAlive: true, maxSockets: 256 })
  #revision = 0
  #compacted = 0

  constructor(socketPath) {
    this.#socketPath = socketPath
  }

  async get(key) {
    const { kvs } = await this.#ask('kv/range', { key: key.toString('base64') })
    return kvs === undefined ? undefined : Buffer.from(kvs[0].value ?? '', 'base64')
  }

  async set(key, value) {
    await this.#ask('kv/put', { key: key.toString('base64'), value: value.toString('base64') })
  }

  async delete(key) {
    await this.#ask('kv/deleterange', { key: key.toString('base64') })
  }

  /** Whether it reaches a majority. */
  async isReady() {
    return await this.get(Buffer.from('health')).then(
      () => true,
      () => false,
    )
  }

  async members() {
    return (await this.#ask('cluster/member/list', {})).members
  }

  async addMember(peerUrl) {
    await this.#ask('cluster/member/add', { peerURLs: [peerUrl] })
  }

  async removeMember(id) {
    await this.#ask('cluster/member/remove', { ID: id })
  }

  /** etcd keeps every value that a key ever had, until it is told to forget the older ones. */
  async compact() {
    const revision = this.#revision - KEPT_REVISIONS
    if (revision <= this.#compacted) return
    this.#compacted = revision
    // Another node may have done it, or none may lead just now: the next round does.
    await this.#ask('kv/compaction', { revision: String(revision) }).catch(() => undefined)
  }

  async #ask(path, message) {
    const { status, body } = await this.#post(path, JSON.stringify(message)).catch(error => {
      throw new Unavailable(`etcd does not answer: ${error.message}`)
    })
    const answer = JSON.parse(body.toString())
    if (status !== 200) throw new Unavailable(`etcd: ${answer.error ?? status}`)
    this.#revision = Math.max(this.#revision, Number(answer.header?.revision ?? 0))
    return answer
  }

  #post(path, text) {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
      const options = { socketPath: this.#socketPath, path: `/v3/${path}`, method: 'POST', headers, agent: this.#agent, signal }
      const asked = request(options, response => {
        const parts = []
        response.on('data', part => parts.push(part))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(parts) }))
      })
      asked.on('error', reject)
      asked.end(text)
    })
  }
}
