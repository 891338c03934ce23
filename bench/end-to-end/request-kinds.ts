import { largeProject } from './generated-index.js'

/** An object of the index that is measured. */
export interface WrittenObject {
    key: string
    /** Bytes. */
    size: number
    /** Hex. */
    md5: string
}

/** One request of many that are alike. */
export interface KindRequest {
    path: string
    /** If-None-Match, in its quotes. */
    ifNoneMatch?: string
}

/** Requests that are measured together, each for another path. */
export interface RequestKind {
    name: string
    requests: KindRequest[]
    headers: Record<string, string>
    /** What each of them is answered with. */
    status: 200 | 304
}

// As pip sends them. It unpacks pages, and takes files as they are.
const asJson = {
    Accept: 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01',
}
const asHtml = { Accept: 'text/html' }
const packed = { 'Accept-Encoding': 'gzip, deflate' }
const unpacked = { 'Accept-Encoding': 'identity' }

/**
 * What clients ask an index for. "page" is that of any project but the large one: half of them have four files or fewer.
 *
 * @param objects all of the bucket
 * @param etagOf the ETag that S3 says for an object
 */
export function requestKinds(
    objects: readonly WrittenObject[],
    etagOf: (object: WrittenObject) => string,
): RequestKind[] {
    const large = objects.filter(({ key }) => key === `${largeProject}/index.json`)
    const others = objects.filter(({ key }) => key.includes('/') && !key.startsWith(`${largeProject}/`))
    const pages = others.filter(({ key }) => key.endsWith('/index.json'))
    const ending = (end: string) =>
        others.filter(({ key }) => key.endsWith(end)).map(({ key }) => ({ path: `/simple/${key}` }))
    const pathsOf = (all: WrittenObject[]) => all.map((object) => ({ path: pagePath(object) }))
    const current = pages.map((page) => ({ path: pagePath(page), ifNoneMatch: etagOf(page) }))
    return [
        { name: 'page, JSON', requests: pathsOf(pages), headers: { ...asJson, ...packed }, status: 200 },
        { name: 'page, HTML', requests: pathsOf(pages), headers: { ...asHtml, ...packed }, status: 200 },
        { name: 'page, not modified', requests: current, headers: { ...asJson, ...packed }, status: 304 },
        { name: 'large page, JSON, gzip', requests: pathsOf(large), headers: { ...asJson, ...packed }, status: 200 },
        { name: 'large page, HTML, gzip', requests: pathsOf(large), headers: { ...asHtml, ...packed }, status: 200 },
        { name: 'large page, JSON, plain', requests: pathsOf(large), headers: { ...asJson, ...unpacked }, status: 200 },
        { name: '.metadata', requests: ending('.whl.metadata'), headers: unpacked, status: 200 },
        { name: 'wheel', requests: ending('.whl'), headers: unpacked, status: 200 },
    ]
}

function pagePath({ key }: WrittenObject): string {
    return `/simple/${key.slice(0, -'index.json'.length)}`
}
