import { expect, test } from 'vitest'
import { negotiate } from '../../../njs/accept.js'

const json = 'application/vnd.pypi.simple.v1+json'
const html = 'application/vnd.pypi.simple.v1+html'

test.each([
    ['', 'html'],
    ['*/*', 'html'],
    ['text/html', 'html'],
    [json, 'json'],
    [html, 'v1html'],
    ['application/vnd.pypi.simple.latest+json', 'json'],
    ['application/vnd.pypi.simple.latest+html', 'v1html'],
    [json.toUpperCase(), 'json'],
    [`${json}, ${html}; q=0.1, text/html; q=0.01`, 'json'],
    [`${json}, ${html};q=0.2, text/html;q=0.01`, 'json'],
    [`text/html ; q=0.5 , ${json} ;\tq=0.4`, 'html'],
    [`${json};q=0, */*`, 'html'],
    [`${json};q=0, ${html};q=0.2`, 'v1html'],
    [`${json};q=0`, 'html'],
    [`text/html, ${json}`, 'json'],
    [`${html};q=0.9, text/html`, 'html'],
    [`${json};q=0.001`, 'json'],
    [`${json};version=2;q=0.1, text/html;q=0.2`, 'html'],
    ['application/json', 'html'],
    ['image/png, ,;;,', 'html'],
    ['constructor, __proto__, toString', 'html'],
])('%j gets %s', (accept, form) => {
    expect(negotiate(accept)).toBe(form)
})
