import type { PlainTags } from './plain-tags.js'

const withoutAttributes = (
    'abbr b blockquote br caption center cite code dd del dfn dl dt em hr i ins kbd mark p pre q rp rt ruby s samp small ' +
    'span strike strong sub summary sup table tbody tfoot thead tr tt u ul var div h1 h2 h3 h4 h5 h6'
).split(' ')

/**
 * What a README may hold. No class, style, id or name: it must not look like a part of the page, nor be found in its place.
 * No title, which would say something else than the text, and no direction of code, which would show it in another order.
 */
export const descriptionTags: PlainTags = {
    ...Object.fromEntries(withoutAttributes.map((name) => [name, ['align', 'dir', 'lang']])),
    code: ['lang'],
    pre: ['lang'],
    a: ['href'],
    img: ['src', 'alt'],
    details: ['open'],
    li: ['align', 'dir'],
    ol: ['start'],
    td: ['align', 'colspan', 'rowspan'],
    th: ['align', 'colspan', 'rowspan'],
}
