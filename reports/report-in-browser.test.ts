import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith, programPath } from '../harness/candidate/needs-fixture.ts'
import { checkRecord, checkResult, lostJoin } from '../harness/judge/check-record-fixture.ts'
import { parseRubric } from '../harness/judge/rubric.ts'
import { renderBenchPage } from './bench-page.ts'
import { renderCapacityReport } from './capacity-report.ts'
import { renderComparison } from './comparison-report.ts'
import { groupRuns } from './comparison/comparison.ts'
import { capacityRecord } from './fixture/capacity-fixture.ts'
import { emptyRun, failingRun, passingRun } from './fixture/run-fixture.ts'
import { renderRunReport } from './run-report.ts'
import { renderScorecardComparison } from './scorecard-comparison.ts'
import { renderScorecard } from './scorecard.ts'

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const HOSTILE = '</script><script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'">'
const rubric = parseRubric(readFileSync(new URL('../docs/rubric.yaml', import.meta.url), 'utf8'), 'docs/rubric.yaml')
const executablePath = programPath('chromium')

await describeWith(['chromium'], 'the report in a real browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-report-'))
  let browser: Browser

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ARGUMENTS })
    const run = failingRun()
    const pages: Record<string, string> = {
      fail: renderRunReport({ ...run, candidate: { ...run.candidate, name: HOSTILE, output: HOSTILE } }),
      empty: renderRunReport(emptyRun()),
      compare: renderComparison(groupRuns([passingRun(), failingRun()])),
      ...examinationPages(),
      capacity: renderCapacityReport(capacityRecord({ candidate: HOSTILE })),
      bench: renderBenchPage([BENCH]),
    }
    for (const [name, content] of Object.entries(pages)) writeFileSync(join(folder, `${name}.html`), content)
  })

  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })

  test.each([
    ['fail', 'light', 1280, 9],
    ['fail', 'dark', 1280, 9],
    ['fail', 'light', 390, 9],
    ['compare', 'dark', 390, 1],
    ['empty', 'light', 390, 0],
    ['scorecard', 'light', 1280, 0],
    ['scorecard', 'dark', 390, 0],
    ['checks', 'dark', 1280, 0],
    ['checks', 'light', 390, 0],
    ['capacity', 'light', 390, 1],
    ['bench', 'dark', 390, 1],
  ] as const)('%s in %s at %d pixels draws %d charts without an error or a horizontal scroll', async (name, colorScheme, width, charts) => {
    await withPage(name, { colorScheme, viewport: { width, height: 800 } }, async (page, complaints) => {
      expect(await page.locator('.plot canvas').count()).toBe(charts)
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0)
      expect(await page.title()).not.toBe('owned')
      expect(complaints).toEqual([])
    })
  })

  test('without JavaScript a scorecard shows what failed, why, and the picture of it', async () => {
    await withPage('scorecard', { javaScriptEnabled: false, viewport: { width: 1280, height: 800 } }, async (page, complaints) => {
      expect(await page.locator('svg.picture').first().isVisible()).toBe(true)
      expect(await page.getByText('The racy control failed in 41 of 2,000 rounds').first().isVisible()).toBe(true)
      expect(complaints).toEqual([])
    })
  })

  test('dark and light differ, and print is light whatever the screen was', async () => {
    const ground = 'getComputedStyle(document.body).backgroundColor'
    await withPage('fail', { colorScheme: 'dark', viewport: { width: 1280, height: 800 } }, async (page, complaints) => {
      expect(await page.evaluate(ground)).toBe('rgb(18, 21, 24)')
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      expect(await page.evaluate(ground)).toBe('rgb(255, 255, 255)')
      expect(complaints).toEqual([])
    })
  })

  test('the arrow keys move along a chart and its values are shown', async () => {
    await withPage('fail', { viewport: { width: 1280, height: 800 } }, async page => {
      const plot = page.locator('#percentiles .plot')
      await plot.focus()
      await page.keyboard.press('Home')
      await page.keyboard.press('ArrowRight')
      await expect.poll(async () => page.locator('#percentiles .u-legend').textContent()).toMatch(/completion:? ?[\d.]+ ms/)
    })
  })

  test('without JavaScript the verdict, reasons, evidence, heat map and tables are there', async () => {
    await withPage('fail', { javaScriptEnabled: false, viewport: { width: 1280, height: 800 } }, async page => {
      for (const selector of [
        '.verdict-word',
        '.reasons li',
        '.headline .figure',
        '.sequence svg.picture',
        '.heat-frame svg',
        '#latency table',
      ]) {
        expect(await page.locator(selector).first().isVisible(), selector).toBe(true)
      }
      await page.locator('#percentiles summary').click()
      expect(await page.locator('#percentiles table').isVisible()).toBe(true)
    })
  })

  /** Opens a page, gathers what the browser complains of (errors, refused content, requests to anywhere), and closes it. */
  async function withPage(
    name: string,
    options: BrowserContextOptions,
    use: (page: Page, complaints: string[]) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext(options)
    try {
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', message => complaints.push(message.text()))
      page.on('pageerror', error => complaints.push(error.message))
      page.on('request', request => {
        if (!/^(file|data):/.test(request.url())) complaints.push(`request to ${request.url()}`)
      })
      await page.goto(pathToFileURL(join(folder, `${name}.html`)).href)
      await use(page, complaints)
    } finally {
      await context.close()
    }
  }
})

const BENCH = {
  title: `Searching for an order ${HOSTILE}`,
  note: 'A thousand histories.',
  rounds: 3,
  headings: ['operations', 'ms'],
  rows: [
    ['1,000', '2'],
    ['10,000', '21'],
  ],
  curve: {
    x: 'operations',
    y: 'ms',
    points: [
      [1000, 2],
      [10_000, 21],
    ],
  },
} as const

/** The scorecard of a server that failed in several ways, and the same server beside a right one. */
function examinationPages(): Record<string, string> {
  const failed = checkRecord({ 's1.fanout': 'fail', 's2.isolation': 'inconclusive', 's3.flood': 'not attempted' })
  const checks = [
    ...failed.checks.filter(({ id }) => id !== 's1.race.first-join'),
    lostJoin(),
    checkResult('safe.malformed', 'fail', { printed: HOSTILE }),
  ]
  const record = { ...failed, candidate: HOSTILE, output: HOSTILE, checks }
  return {
    scorecard: renderScorecard(record, { rubric, audience: 'interviewer', anonymous: false }),
    checks: renderScorecardComparison([{ record }, { record: checkRecord() }], { rubric, audience: 'interviewer', anonymous: false }),
  }
}
