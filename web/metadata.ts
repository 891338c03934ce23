/** The fields of core metadata that a page shows; all from the package, none checked. @see "Core metadata specifications" */
export interface Metadata {
    summary: string
    description: string
    /** `text/markdown`, `text/x-rst` or `text/plain`, in lower case; empty if it is not given. */
    contentType: string
    license: string
    keywords: string[]
    /** Authors, then maintainers. */
    people: { role: 'Author' | 'Maintainer'; text: string }[]
    links: { label: string; url: string }[]
    classifiers: string[]
    requirements: string[]
    requiresPython: string
    extras: string[]
}

/** Fields that are not the description are short; a longer head is that of no real package. Characters. */
const maxHead = 1024 * 1024
/** Of each field; more would make the page slow. */
const maxValues = 2000

/** Parses METADATA or PKG-INFO: e-mail headers up to the first empty line, then the description. Never throws. */
export function parseMetadata(text: string): Metadata {
    const end = /\r?\n\r?\n/.exec(text.slice(0, maxHead))
    const fields = parseFields(text.slice(0, end?.index ?? maxHead))
    const all = (name: string) => (fields.get(name) ?? []).slice(0, maxValues)
    const one = (name: string) => {
        const value = all(name)[0] ?? ''
        return value === 'UNKNOWN' ? '' : value
    }
    const body = end === null ? '' : text.slice(end.index + end[0].length)
    return {
        summary: one('summary').split('\n')[0]!,
        description: body.trim() === '' ? unindented(one('description')) : body,
        contentType: one('description-content-type').split(';')[0]!.trim().toLowerCase(),
        license: one('license-expression') || one('license'),
        keywords: one('keywords')
            .split(one('keywords').includes(',') ? ',' : /\s+/)
            .map((word) => word.trim())
            .filter(Boolean),
        people: [
            ...people('Author', one('author'), one('author-email')),
            ...people('Maintainer', one('maintainer'), one('maintainer-email')),
        ],
        links: linksOf(one('home-page'), one('download-url'), all('project-url')),
        classifiers: all('classifier'),
        requirements: all('requires-dist'),
        requiresPython: one('requires-python'),
        extras: all('provides-extra'),
    }
}

function parseFields(head: string): Map<string, string[]> {
    const fields = new Map<string, string[]>()
    let current: string[] | undefined
    for (const line of head.split(/\r?\n/)) {
        if (/^[ \t]/.test(line)) {
            if (current !== undefined) current.push(`${current.pop()}\n${line}`)
            continue
        }
        const colon = line.indexOf(':')
        if (colon <= 0) break
        const name = line.slice(0, colon).toLowerCase()
        current = fields.get(name) ?? []
        fields.set(name, current)
        current.push(line.slice(colon + 1))
    }
    for (const values of fields.values()) values.forEach((value, at) => (values[at] = value.trim()))
    return fields
}

/** A description among the fields: its lines begin with `        |`, or with eight spaces. */
function unindented(text: string): string {
    return text.replace(/\n(?: {7}\||[ \t]{8})/g, '\n')
}

function people(role: 'Author' | 'Maintainer', name: string, address: string): Metadata['people'] {
    // With pyproject.toml, builders write "Name <address>" into the field of the address.
    const text =
        name === '' ? address : address === '' || address.includes(name) ? address || name : `${name} <${address}>`
    return text === '' ? [] : [{ role, text }]
}

function linksOf(homePage: string, download: string, labelled: string[]): Metadata['links'] {
    const links = labelled.map((text) => {
        const comma = text.indexOf(',')
        return { label: text.slice(0, Math.max(comma, 0)).trim(), url: text.slice(comma + 1).trim() }
    })
    if (homePage !== '') links.unshift({ label: 'Homepage', url: homePage })
    if (download !== '') links.push({ label: 'Download', url: download })
    return links.filter(({ url }, at) => links.findIndex((each) => each.url === url) === at)
}
