/** The scenario's schema as JSON Schema: for editors, and to know which fields a block may have. */
import { z } from 'zod'
import { fieldOf, type FieldPath } from './scenario-error.ts'
import { kvScenarioSchema } from './kv-scenario.ts'
import { scenarioSchema } from './scenario.ts'

type JsonSchema = z.core.JSONSchema.BaseSchema

/** Draft 7, which is what editors' YAML support reads. */
export function scenarioJsonSchema(): JsonSchema {
  return z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-07' })
}

/** The same for the key-value exercise. */
export function kvScenarioJsonSchema(): JsonSchema {
  return z.toJSONSchema(kvScenarioSchema, { io: 'input', target: 'draft-07' })
}

/** The fields that the block at `path` may have; where they depend on a field such as `kind`, those of the value's kind. */
export function knownFields(path: FieldPath, root: unknown): readonly string[] {
  let schema: JsonSchema | undefined = fieldOf(root, 'exercise') === 'kv' ? kvScenarioJsonSchema() : scenarioJsonSchema()
  let value = root
  for (const step of path) {
    value = fieldOf(value, step)
    const inner: unknown = typeof step === 'number' ? schema.items : schema.properties?.[step]
    if (!isSchema(inner)) return []
    schema = blockFor(inner, value)
    if (!schema) return []
  }
  return Object.keys(schema.properties ?? {})
}

function blockFor(schema: JsonSchema, value: unknown): JsonSchema | undefined {
  const options = schema.oneOf ?? schema.anyOf
  if (!options) return schema
  return options.filter(isSchema).find(option => option.properties !== undefined && hasItsConstants(option, value))
}

function hasItsConstants({ properties }: JsonSchema, value: unknown): boolean {
  return Object.entries(properties ?? {}).every(
    ([field, schema]) => !isSchema(schema) || schema.const === undefined || schema.const === fieldOf(value, field),
  )
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
