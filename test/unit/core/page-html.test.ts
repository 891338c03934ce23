import { describe, expect, test } from 'vitest'
import { projectHtml, rootHtml } from '../../../core/page-html.js'
import { rootPage } from '../../../core/root-page.js'
import { fileEntry, pageOf } from './file-entry.js'

const wheel = 'acme-1.0-py3-none-any.whl'
const hash = 'a'.repeat(64)

/** The lines of a page's body that hold anchors. */
const anchors = (html: string) => html.split('\n').filter((line) => line.includes('<a '))

test.each([
    [
        'an ordinary file',
        fileEntry(wheel),
        `<a href="${wheel}#sha256=${hash}">${wheel}</a> <small>1.2 kB · 2026-01-02</small><br>`,
    ],
    [
        'a local version, whose + is encoded in the address alone',
        fileEntry('acme-1.0+cu1-py3-none-any.whl'),
        `<a href="acme-1.0%2Bcu1-py3-none-any.whl#sha256=${hash}">acme-1.0+cu1-py3-none-any.whl</a> <small>1.2 kB · 2026-01-02</small><br>`,
    ],
    [
        'Requires-Python and metadata',
        fileEntry(wheel, { requiresPython: '>=3.8,<4', coreMetadata: { sha256: 'b'.repeat(64) } }),
        `<a href="${wheel}#sha256=${hash}" data-requires-python="&gt;=3.8,&lt;4" data-core-metadata="sha256=${'b'.repeat(64)}">${wheel}</a> <small>1.2 kB · 2026-01-02</small><br>`,
    ],
    [
        'yanked without a reason',
        fileEntry(wheel, { yanked: '' }),
        `<a href="${wheel}#sha256=${hash}" data-yanked="">${wheel}</a> <small>1.2 kB · 2026-01-02 · yanked</small><br>`,
    ],
    [
        'yanked with a hostile reason',
        fileEntry(wheel, { yanked: `"><script>'&` }),
        `<a href="${wheel}#sha256=${hash}" data-yanked="&quot;&gt;&lt;script&gt;&#39;&amp;">${wheel}</a> <small>1.2 kB · 2026-01-02 · yanked: &quot;&gt;&lt;script&gt;&#39;&amp;</small><br>`,
    ],
])('the anchor of %s', (_about, file, line) => {
    expect(anchors(projectHtml(pageOf([file])))).toEqual([line])
})

describe('the page of a project', () => {
    test('has the newest version first, each under its heading, and no other anchors', () => {
        const names = ['acme-1.9.zip', 'acme-1.10.zip', 'acme-1.10-py3-none-any.whl']
        const html = projectHtml(pageOf(names.map((name) => fileEntry(name))))
        expect(html.match(/<h2>.*<\/h2>|(?<=">)acme-[^<]+(?=<\/a>)/g)).toEqual([
            '<h2>1.10</h2>',
            'acme-1.10-py3-none-any.whl',
            'acme-1.10.zip',
            '<h2>1.9</h2>',
            'acme-1.9.zip',
        ])
        expect(html.match(/<a /g)).toHaveLength(3)
    })

    test('is a whole document that loads nothing', () => {
        const html = projectHtml(pageOf([fileEntry(wheel)]))
        expect(html).toMatch(/^<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n/)
        expect(html).toMatch(/<\/html>\n$/)
        expect(html).toContain('<meta name="pypi:repository-version" content="1.4">')
        expect(html).toContain('<title>Links for acme</title>')
        expect(html).not.toMatch(/<script|<link|<img|src=|url\(|https?:/)
    })

    test.each([
        [{ status: 'active' }, ['<meta name="pypi:project-status" content="active">']],
        [
            { status: 'archived', reason: 'over' },
            [
                '<meta name="pypi:project-status" content="archived">',
                '<meta name="pypi:project-status-reason" content="over">',
            ],
        ],
        [
            { status: '"><script>', reason: `'&<` },
            [
                '<meta name="pypi:project-status" content="&quot;&gt;&lt;script&gt;">',
                '<meta name="pypi:project-status-reason" content="&#39;&amp;&lt;">',
            ],
        ],
    ])('says the status %j', (status, metas) => {
        const html = projectHtml(pageOf([fileEntry(wheel)], status))
        expect(html.split('\n').filter((line) => line.includes('pypi:project-status'))).toEqual(metas)
    })

    test('of a quarantined project offers no file', () => {
        expect(anchors(projectHtml(pageOf([fileEntry(wheel)], { status: 'quarantined' })))).toEqual([])
        expect(anchors(projectHtml(pageOf([fileEntry(wheel)], { status: 'archived' })))).toHaveLength(1)
    })
})

describe('the list of the projects', () => {
    test.each([
        ['acme', '<a href="acme/">acme</a><br>'],
        ['zope-interface', '<a href="zope-interface/">zope-interface</a><br>'],
        ['a"><script>', '<a href="a%22%3E%3Cscript%3E/">a&quot;&gt;&lt;script&gt;</a><br>'],
        [`a'&b`, '<a href="a%27%26b/">a&#39;&amp;b</a><br>'],
        ['日本', '<a href="%E6%97%A5%E6%9C%AC/">日本</a><br>'],
        ['javascript:x', '<a href="javascript%3Ax/">javascript:x</a><br>'],
    ])('links to %j', (name, line) => {
        expect(anchors(rootHtml(rootPage([name])))).toEqual([line])
    })

    test('is empty without projects', () => {
        expect(anchors(rootHtml(rootPage([])))).toEqual([])
        expect(rootHtml(rootPage([]))).toContain('<title>Simple index</title>')
    })
})
