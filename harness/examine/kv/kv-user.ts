import type { KvHistoryRecorder } from '../../record/kv-history-recorder.ts'
import type { KvOperationRecord } from '../../record/kv-history.ts'
import { valueText } from '../../record/kv-value.ts'
import { KvClient, type KvAnswer, type KvClientOptions } from '../../wire/kv-client.ts'
import type { KvNode } from './kv-node.ts'

export interface KvUserOptions extends Pick<KvClientOptions, 'timeoutMs' | 'connections' | 'keepAlive' | 'pathOf'> {
  readonly recorder: KvHistoryRecorder
  readonly nowMs: () => number
  readonly name: string
}

export interface RecordedAnswer {
  readonly record: KvOperationRecord
  readonly answer: KvAnswer
}

/** A client that stays with one node, with everything that it asks for and gets in the history. */
export class KvUser {
  readonly node: KvNode
  readonly name: string
  /** In the history. */
  readonly index: number
  readonly client: KvClient
  readonly #recorder: KvHistoryRecorder
  readonly #nowMs: () => number

  constructor(node: KvNode, { recorder, nowMs, name, ...client }: KvUserOptions) {
    this.node = node
    this.name = name
    this.#recorder = recorder
    this.#nowMs = nowMs
    this.index = recorder.addClient(name)
    this.client = new KvClient({ host: node.host, port: node.port, ...client })
  }

  async read(key: string, timeoutMs?: number): Promise<KvAnswer> {
    return (await this.readRecorded(key, timeoutMs)).answer
  }

  /** As `read`, with its place in the history. */
  async readRecorded(key: string, timeoutMs?: number): Promise<RecordedAnswer> {
    return await this.#recorded('read', key, null, () => this.client.get(key, timeoutMs))
  }

  async write(key: string, value: Uint8Array | string, timeoutMs?: number): Promise<KvAnswer> {
    const bytes = Buffer.from(value)
    return (await this.#recorded('write', key, valueText(bytes), () => this.client.put(key, bytes, timeoutMs))).answer
  }

  async delete(key: string, timeoutMs?: number): Promise<KvAnswer> {
    return (await this.#recorded('delete', key, null, () => this.client.delete(key, timeoutMs))).answer
  }

  close(): void {
    this.client.close()
  }

  async #recorded(
    kind: KvOperationRecord['kind'],
    key: string,
    value: string | null,
    ask: () => Promise<KvAnswer>,
  ): Promise<RecordedAnswer> {
    const record = this.#recorder.called({ client: this.index, node: this.node.name, key, kind, value, callAtMs: this.#nowMs() })
    const answer = await ask()
    const read = answer.outcome === 'ok' && kind === 'read' ? valueText(answer.body) : null
    this.#recorder.ended(record, this.#nowMs(), answer.outcome, answer.status, read)
    return { record, answer }
  }
}
