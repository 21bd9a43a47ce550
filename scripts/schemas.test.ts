// The published schemas, docs/*.schema.json, are generated from the schemas in the code: `npm run schemas` writes them, and as an ordinary
// test this fails when they are stale.
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { capacityRecordSchema } from '../harness/record/capacity-record.ts'
import { checkRecordSchema } from '../harness/record/check-record.ts'
import { runRecordSchema } from '../harness/record/run-record.ts'
import { kvScenarioJsonSchema, scenarioJsonSchema } from '../harness/scenario/scenario-schema.ts'

const docs = fileURLToPath(new URL('../docs/', import.meta.url))

test.each([
  ['scenario.schema.json', 'A scenario of assay run', scenarioJsonSchema],
  ['kv-scenario.schema.json', 'A scenario of assay run for key-value stores', kvScenarioJsonSchema],
  ['check.schema.json', 'The record that an examination leaves, check.json', () => z.toJSONSchema(checkRecordSchema)],
  ['capacity.schema.json', 'The record that a search for the capacity leaves, capacity.json', () => z.toJSONSchema(capacityRecordSchema)],
  ['run.schema.json', 'The record that a run leaves, run.json', () => z.toJSONSchema(runRecordSchema)],
] as const)('docs/%s is what the code accepts (else: npm run schemas)', async (file, title, jsonSchema) => {
  await expect(`${JSON.stringify({ title, ...jsonSchema() }, null, 2)}\n`).toMatchFileSnapshot(`${docs}${file}`)
})
