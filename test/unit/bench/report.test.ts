import { expect, test } from 'vitest'
import { replaceMarked, toMarkdown } from '../../../bench/report.js'

const table = {
    title: 'Signing',
    text: 'CPU.',
    head: ['', 'CPU'],
    rows: [['a|b\n', '2.50 (2.40 – 2.60)']],
}

test('a table is as Prettier writes it', () => {
    expect(toMarkdown([table, table])).toBe(
        [
            '### Signing\n\nCPU.\n\n|       | CPU                |\n| ----- | ------------------ |',
            '| a\\|b  | 2.50 (2.40 – 2.60) |\n\n### Signing',
        ].join('\n') +
            '\n\nCPU.\n\n|       | CPU                |\n| ----- | ------------------ |\n| a\\|b  | 2.50 (2.40 – 2.60) |\n',
    )
})

test('what stands between the markers is replaced, and nothing else', () => {
    const others = '<!-- end-to-end -->\n\nold\n\n<!-- /end-to-end -->\n'
    const document = `# Performance\n\n<!-- bench -->\n\nold\n\n<!-- /bench -->\n\n${others}`
    const replaced = replaceMarked(document, 'bench', 'new\n', 'performance.md')
    expect(replaced).toBe(`# Performance\n\n<!-- bench -->\n\nnew\n\n<!-- /bench -->\n\n${others}`)
    expect(replaceMarked(replaced, 'bench', 'new\n', 'performance.md')).toBe(replaced)
})

test.each([
    ['none', 'text'],
    ['no end', '<!-- bench -->'],
    ['no begin', '<!-- /bench -->'],
    ['the end first', '<!-- /bench --> <!-- bench -->'],
    ['two', '<!-- bench --> <!-- /bench --> <!-- bench --> <!-- /bench -->'],
    ['two ends', '<!-- bench --> <!-- /bench --> <!-- /bench -->'],
])('a document with markers that are wrong is refused: %s', (_name, document) => {
    expect(() => replaceMarked(document, 'bench', 'new', 'docs/performance.md')).toThrow('docs/performance.md')
})
