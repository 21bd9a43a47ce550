import type { KvEvent, KvHistory, KvOperationRecord, KvOutcome } from './kv-history.ts'

/** Collects a history of a key-value store. Times are handed in, in milliseconds of one monotonic clock. */
export class KvHistoryRecorder {
  readonly clients: string[] = []
  readonly operations: KvOperationRecord[] = []
  readonly events: KvEvent[] = []

  history(): KvHistory {
    return this
  }

  /** Returns the client's index. */
  addClient(name: string): number {
    this.clients.push(name)
    return this.clients.length - 1
  }

  called(operation: Pick<KvOperationRecord, 'client' | 'node' | 'key' | 'kind' | 'value' | 'callAtMs'>): KvOperationRecord {
    const record: KvOperationRecord = { ...operation, endedAtMs: null, outcome: 'under way', status: 0 }
    this.operations.push(record)
    return record
  }

  /** `value`: what a read read; left out for writes. */
  ended(record: KvOperationRecord, atMs: number, outcome: KvOutcome, status: number, value?: string | null): void {
    record.endedAtMs = atMs
    record.outcome = outcome
    record.status = status
    if (record.kind === 'read') record.value = value ?? null
  }

  event(event: KvEvent): void {
    this.events.push(event)
  }
}
