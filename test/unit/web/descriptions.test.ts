import { expect, test } from 'vitest'
import { restructuredHtml } from '../../../web/restructured-text.js'
import { visible } from '../../../web/safe-text.js'

test('a directive with very many empty lines', () => {
    expect(restructuredHtml(`.. note::\n${'\n'.repeat(240_000)} x`)).toMatch(/^<blockquote>.*<strong>Note<\/strong>/)
})

test.each(['\u202e', '\u200e', '\u200f', '\u00ad', '\u200c', '\u2062', '\u3164'])('%j is shown', (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    expect(visible(`a${character}b`)).toBe(`a[U+${code}]b`)
})

test('the twin: other letters, emoji, line breaks and tabs stay', () => {
    const text = 'é\tд\nعربى 👩‍💻 ✔️'
    expect(visible(text)).toBe(text)
})
