import type { Bucket } from '../../s3/bucket.js'
import type { ListedObject } from '../../../core/index/objects.js'
import { isListedAs, readStoredPage, type StoredPage } from '../stored/stored-page.js'
import type { Problem } from './problem.js'

/** What `verify` finds in a project or in the project list. */
export interface Findings {
    problems: Problem[]
    /** Number of valid pages in an older form: uncompressed, or with fields that clients do not need. */
    older: number
}

/** Detail of an index.json that parses, but is not what this version writes. */
export const otherForm = 'is not in the form that this version writes'

export function findings(...problems: Problem[]): Findings {
    return { problems, older: 0 }
}

export function merged(...all: Findings[]): Findings {
    return {
        problems: all.flatMap(({ problems }) => problems),
        older: all.reduce((sum, { older }) => sum + older, 0),
    }
}

/** Compares a page with its expected content. @param difference detail of the problem if they differ */
export function verifyStored({ key, body, encoding }: StoredPage, page: Buffer, difference: string): Findings {
    if (body === undefined) return findings({ kind: 'broken-page', key, detail: 'cannot be decompressed' })
    const isOlder = !body.equals(page)
    if (isOlder && !withoutOldFields(body).equals(page))
        return findings({ kind: 'stale-page', key, detail: difference })
    if (encoding === 'undeclared') {
        const detail = 'is compressed without Content-Encoding: gzip, so clients cannot read it'
        return findings({ kind: 'broken-page', key, detail })
    }
    return { problems: [], older: isOlder || encoding === 'identity' ? 1 : 0 }
}

/** Version 0.1.0 recorded the ETag of each .metadata. */
function withoutOldFields(json: Buffer): Buffer {
    return Buffer.from(json.toString().replace(/,"_core-metadata-etag":"(?:[^"\\]|\\.)*"/g, ''))
}

/** Compares index.html with its expected content. @param listed its entry in the listing */
export async function verifyHtml(
    bucket: Bucket,
    key: string,
    listed: ListedObject | undefined,
    html: Buffer,
): Promise<Findings> {
    if (await isListedAs(bucket, listed, html)) return findings()
    const stored = await readStoredPage(bucket, key)
    if (stored === undefined) return findings({ kind: 'missing-page', key, detail: 'does not exist' })
    return verifyStored(stored, html, 'does not match its index.json')
}
