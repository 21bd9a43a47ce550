/** Where Assay's own files are: the scenarios, the reference servers, the samples; and which Assay this is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ASSAY_ROOT } from '../candidate/assay-package.ts'

export const PACKAGE_ROOT = ASSAY_ROOT
export const ASSAY_VERSION = (JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }).version
