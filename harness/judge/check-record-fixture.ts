/** Records of examinations that were never held, for tests of what judges and draws them. */
import { CHECK_RECORD_VERSION, type CheckRecord, type CheckResult, type Outcome } from '../record/check-record.ts'
import { CHECK_IDS } from './check-ids.ts'

/** A record in which every check of the contract ended as `otherwise`, but for those given. */
export function checkRecord(outcomes: Readonly<Record<string, Outcome>> = {}, otherwise: Outcome = 'pass'): CheckRecord {
  return {
    kind: 'assay-check',
    version: CHECK_RECORD_VERSION,
    exercise: 'chat',
    candidate: 'jane-doe',
    language: 'java',
    transport: 'tcp',
    target: './hand-ins/jane-doe',
    containment: 'containment: strict',
    status: 'finished',
    statusText: '',
    startedAt: '2026-01-02T03:04:05.000Z',
    endedAt: '2026-01-02T03:06:05.000Z',
    durationMs: 120_000,
    seed: 42,
    quick: false,
    slaMs: 1000,
    usernames: 'replace',
    suggestedGrade: null,
    checks: CHECK_IDS.map(id => checkResult(id, outcomes[id] ?? otherwise)),
    output: 'listening\n',
  }
}

export function checkResult(id: string, outcome: Outcome, more: Partial<CheckResult> = {}): CheckResult {
  return {
    id,
    stage: stageOf(id),
    title: `What ${id} proves.`,
    outcome,
    reason: `${id} ended as ${outcome}.`,
    evidence: [],
    power: null,
    figures: {},
    durationMs: 1500,
    repetition: 1,
    ...more,
  }
}

/** A failed race check with the picture of two joins at once of which one was lost. */
export function lostJoin(): CheckResult {
  const statement = 'The racy control failed in 41 of 2,000 rounds, in 29 of 31 batches; this server in 3 of 2,000, in 3 of 31.'
  return checkResult('s1.race.first-join', 'fail', {
    reason: statement,
    evidence: [
      {
        kind: 'lost',
        text: 'ada had been told that it joined "red" before bob sent "hello", and never read it.',
        lanes: ['bob', 'ada'],
        events: [
          { lane: 'ada', atMs: 0, kind: 'join', text: 'asks to join "red"' },
          { lane: 'bob', atMs: 0.2, kind: 'join', text: 'asks to join "red"' },
          { lane: 'ada', atMs: 2, kind: 'joined', text: 'is told that it joined "red"' },
          { lane: 'bob', atMs: 2.5, kind: 'joined', text: 'is told that it joined "red"' },
          { lane: 'bob', atMs: 12, kind: 'send', text: 'sends "hello"' },
          { lane: 'bob', atMs: 13, kind: 'read', text: 'reads "hello"' },
          { lane: 'ada', atMs: null, kind: 'missing', text: 'never read "hello"' },
        ],
        occurrences: 3,
      },
    ],
    power: {
      statement,
      rounds: 2000,
      batches: 31,
      failedRounds: 3,
      failedBatches: 3,
      firstFailureSeconds: 0.4,
      control: {
        name: 'java/check-then-put',
        rounds: 2000,
        batches: 31,
        failedRounds: 41,
        failedBatches: 29,
        firstFailureSeconds: 0.1,
        batchesForFive: 6,
        rightFailedBatches: 0,
        rightBatches: 31,
      },
    },
    figures: { completionP99Ms: 12.5 },
  })
}

function stageOf(id: string): CheckResult['stage'] {
  if (id.startsWith('s1.')) return '1'
  if (id.startsWith('s2.')) return '2'
  return id.startsWith('s3.') ? '3' : 'safe'
}
