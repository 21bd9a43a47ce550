import { withBodyEscaped } from '../actor.ts'
import type { Check } from '../check.ts'

export const body: Check = {
  id: 's1.body',
  stage: '1',
  title: 'Bodies of 0 to 16 KiB arrive unchanged, whatever text they hold.',
  provokes:
    'Unicode of every width, JSON escapes used and not used, text that looks like the protocol, and lengths around the borders of framing.',
  needs: [],
  server: 'shared',
  group: 'calm',
  budgetMs: 60_000,
  async run(context) {
    const scene = context.scene()
    const [sender, reader] = [await scene.open('sender'), await scene.open('reader')]
    const texts = [...TEXTS, ...lengths(context.quick)]
    for (const writing of [JSON.stringify, withBodyEscaped]) {
      const channel = scene.freshChannel('body')
      await reader.enter([channel])
      await sender.enter([channel])
      for (const text of texts) {
        sender.pipeline([{ send: channel, body: text, writing }])
        await scene.settle()
      }
    }
    await scene.quiet()
    return { outcome: 'pass', reason: `${texts.length} bodies, each with plain and with escaped characters, arrived unchanged.` }
  },
}

const TEXTS: readonly string[] = [
  '',
  ' ',
  'plain text',
  'é ü ñ, Ω ж ק ع ह 漢 한 ไ',
  'e\u0301 and \u00e9 are two ways to write one letter',
  '😀 👩‍👩‍👧 🏳️‍🌈 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \u{10ffff}',
  '\ufeffwith a byte order mark',
  '\u2028 line and \u2029 paragraph separators',
  '\u00a0\u200b\u202e reversed',
  '< & > " \' \\ / </script> <!-- &amp; %s %00',
  'quotes " \\" \\\\" and \\u0041 as it stands',
  '\b\f\n\r\t\u0001\u001f\u007f\u0085',
  '\0 at the beginning, \0 inside and at the end \0',
  'two\nlines\r\nand\rmore\n',
  '{"type":"message","channel":"red","body":"not me"}',
  '{"type":"joined","id":1}',
  '[{"type":"error","message":"no"}]',
  '"}\n{"type":"message","channel":"x","body":"',
  '"},{"type":"message","channel":"x","body":"y',
  'null',
  '0',
  '\uffff\ufffe\ufdd0 are no characters, and still text',
]

/** UTF-8 bytes: around a frame header's steps, powers of two, and the largest that every server must take. */
function lengths(quick: boolean): string[] {
  const ascii = (bytes: number): string => `${bytes}:`.padEnd(bytes, 'abcdefghij')
  const wide = (bytes: number, unit: string): string => {
    const head = `${bytes}${unit}`
    return head + unit.repeat(Math.floor((bytes - Buffer.byteLength(head)) / Buffer.byteLength(unit)))
  }
  const sizes = quick ? [125, 126, 4096, 16_384] : [1, 100, 125, 126, 127, 128, 255, 256, 1023, 4096, 8191, 8192, 16_383, 16_384]
  return [...sizes.map(ascii), wide(16_384, '漢'), wide(16_384, '😀'), wide(16_384, '"'), wide(16_384, '\\'), wide(16_384, '\u0001')]
}
