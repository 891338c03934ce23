import DOMPurify from 'dompurify'
import { decoded } from './address.js'
import { descriptionTags } from './description-tags.js'
import { namesOtherHost } from './named-hosts.js'
import { hostOf, visible, webLink } from './safe-text.js'

const allowed = {
    ALLOWED_TAGS: Object.keys(descriptionTags),
    ALLOWED_ATTR: [...new Set(Object.values(descriptionTags).flat())],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    // Other addresses, also relative ones, lead nowhere in an index.
    ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:|#)/i,
    RETURN_DOM_FRAGMENT: true as const,
}

/**
 * Makes the HTML of a package safe to show: no script, no form, no style, nothing that is loaded. Images become links.
 *
 * @param html has passed the first filter, onlyPlainTags
 * @returns nodes of a document that runs and loads nothing
 */
export function sanitized(html: string): DocumentFragment {
    const content = DOMPurify.sanitize(html, allowed)
    for (const image of content.querySelectorAll('img')) image.replaceWith(linkToImage(image))
    const anchors = nameHeadings(content)
    for (const link of content.querySelectorAll('a')) makeHarmless(link, anchors)
    for (const table of content.querySelectorAll('table, pre')) makeScrollable(table)
    makeTextVisible(content)
    return content
}

/** Loading it would tell another server who reads which page. */
function linkToImage(image: HTMLImageElement): Node {
    const document = image.ownerDocument
    const label = image.getAttribute('alt')?.trim() || 'image'
    const url = webLink(image.getAttribute('src') ?? '')
    // Within a link, the picture is that link's text.
    if (url === undefined || image.closest('a') !== null) return document.createTextNode(label)
    const link = document.createElement('a')
    link.setAttribute('href', url)
    link.textContent = label
    return link
}

/** Gives headings an anchor, and a level below those of the page. @returns the anchors by the name that authors use */
function nameHeadings(content: DocumentFragment): Map<string, string> {
    const anchors = new Map<string, string>()
    for (const heading of content.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
        const level = Math.min(6, Number(heading.tagName.slice(1)) + 2)
        const lower = heading.ownerDocument.createElement(`h${level}`)
        lower.append(...heading.childNodes)
        heading.replaceWith(lower)
        const slug = slugOf(lower.textContent ?? '')
        if (slug === '' || anchors.has(slug)) continue
        lower.id = `description-${slug}`
        anchors.set(slug, lower.id)
    }
    return anchors
}

/** As GitHub does. */
function slugOf(text: string): string {
    return text
        .slice(0, 200)
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-')
}

function makeHarmless(link: HTMLAnchorElement, anchors: Map<string, string>): void {
    const href = link.getAttribute('href') ?? ''
    link.removeAttribute('href')
    if (href.startsWith('#')) {
        const anchor = anchors.get(decoded(href.slice(1)).toLowerCase())
        if (anchor !== undefined) link.setAttribute('href', `#${anchor}`)
        return
    }
    const url = /^mailto:/i.test(href) ? href : webLink(href)
    if (url === undefined) return
    link.setAttribute('href', url)
    link.setAttribute('rel', 'nofollow noopener noreferrer')
    // A text that names another host than the link's would mislead.
    if (!/^mailto:/i.test(url) && namesOtherHost(link.textContent ?? '', url)) link.append(` (${hostOf(url)})`)
}

/** Wide content scrolls by itself, also with the keyboard. */
function makeScrollable(wide: Element): void {
    if (wide.parentElement?.closest('.wide')) return
    const box = wide.ownerDocument.createElement('div')
    box.className = 'wide'
    box.tabIndex = 0
    box.setAttribute('role', 'group')
    box.setAttribute('aria-label', wide.tagName === 'PRE' ? 'code' : 'table')
    wide.replaceWith(box)
    box.append(wide)
}

/** Text that runs right to left in code would show other commands than those that are copied. */
function makeTextVisible(content: DocumentFragment): void {
    const texts = content.ownerDocument.createTreeWalker(content, NodeFilter.SHOW_TEXT)
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
        const shown = visible(node.nodeValue ?? '')
        if (shown !== node.nodeValue) node.nodeValue = shown
    }
}
