import { expect, test } from 'vitest'
import { descriptionTags } from '../../../web/description-tags.js'
import { onlyPlainTags } from '../../../web/plain-tags.js'

const written = (html: string) => onlyPlainTags(html, descriptionTags)

test.each([
    ['a tag without an end', `<a${' b=////////////'.repeat(40)}`],
    ['many of them', `<a${' b=////'.repeat(40)}`.repeat(5000)],
    ['spaces', `<a${' '.repeat(200_000)}`],
    ['open quotes', `<a b="${"<a b='".repeat(20_000)}`],
])('%s is read once, and is text', (_name, html) => {
    expect(written(html)).toBe(html.replaceAll('<', '&lt;'))
})

test('the twin: a value without quotes may hold slashes', () => {
    expect(written('<a href=https://example.com/a/b/>x</a>')).toBe('<a href="https://example.com/a/b/">x</a>')
})

test.each([
    ['other tags and attributes', '<p onclick=x id="a" lang=\'de\'>x</p><form>y', '<p lang="de">x</p>y'],
    ['a title, and the direction of code', '<p title="x"><code dir=rtl>y</code></p>', '<p><code>y</code></p>'],
    ['scripts, comments', 'a<script>b</script>c<!-- d -->e<!-- f', 'ace'],
    ['a quote in a value', `<img alt='"<b>'>`, '<img alt="&quot;&lt;b>">'],
])('%s do not pass', (_name, html, expected) => {
    expect(written(html)).toBe(expected)
})

test.each([
    ['around a block', '<a href="x"><h1>t</h1></a>', '<h1><a href="x">t</a></h1>'],
    ['without an end', '<p><b>x<p>y', '<p><b>x</b><p><b>y</b>'],
    ['that a block ends', '<p>H<sub>2<p>y', '<p>H<sub>2</sub><p>y'],
    ['in the wrong order', '<b><i>x</b>y</i>', '<b><i>x</i></b><i>y</i>'],
    ['a link in a link', '<a href="x">a<a href="y">b</a>', '<a href="x">a</a><a href="y">b</a>'],
    ['an end alone', 'x</b></br>y', 'xy'],
    ['a picture in a link', '<a href="x"><img src="y"></a>', '<a href="x"><img src="y"></a>'],
])('elements within a line: %s', (_name, html, expected) => {
    expect(written(html)).toBe(expected)
})

const limits = { maxElements: 20_000, maxLength: 1024 * 1024 }
const open = Array.from({ length: 400 }, (_, at) => `<b lang=${at}>`).join('')

test.each([
    ['elements that each paragraph opens again', `<p>${open}${'<p>x'.repeat(50_000)}`],
    ['in a table', `<table>${open}${'<tr>x'.repeat(50_000)}`],
    ['paragraphs', '<p>'.repeat(20_001)],
    ['long values', `<p><b lang="${'x'.repeat(4000)}">${'<p>x'.repeat(5000)}`],
])('more than a browser shows without a pause: %s', (_name, html) => {
    expect(onlyPlainTags(html, descriptionTags, limits)).toBeUndefined()
})

test('the twin: as much as a long README', () => {
    const html = '<p><b>x</b></p>'.repeat(9000)
    expect(onlyPlainTags(html, descriptionTags, limits)).toBe(html)
})
