import { normalizeName } from '../../core/project-name.js'
import { parseFileName } from '../../core/file-name.js'
import { installerOf, type Installer } from './installer.js'

/** An answer that carried a wheel or an sdist, or a part of it. */
export interface Delivery {
    /** `2026-11-27`, in the time zone of the node. */
    day: string
    project: string
    version: string
    filename: string
    client: string
    installer: Installer
    /** False for a range (status 206). */
    isWhole: boolean
    /** nginx redirects to any well-formed name: this one may not exist. */
    isRedirect: boolean
}

/** A line of an access log that `log_format pypi` wrote. */
interface Entry {
    time: string
    client: string
    method: string
    uri: string
    project: string
    status: number
    user_agent: string
}

/** What most lines are not; these tests cost less than parsing. */
const maybeDelivery = /"status":(?:200|206|302),/
/** The beginning and the end of each line of `log_format pypi`. */
const ours = /^\{"time":"\d{4}-\d\d-\d\dT[^"]{8,20}","client":".*\}$/
const archive = /"uri":"[^"]*\.(?:whl|zip|t[a-z.0-9]{2,9})(?:[?"])/

/** Whether a line is of `log_format pypi`, as far as its ends tell. */
export function isOurs(line: string): boolean {
    return ours.test(line)
}

/**
 * Reads a line.
 *
 * A redirect (302) of a file is one to a presigned URL of S3: the client then gets the file from there.
 *
 * @returns `other` for a request that delivered no file, `foreign` for a line of another form
 */
export function readLine(line: string): Delivery | 'other' | 'foreign' {
    if (!isOurs(line)) return 'foreign'
    if (!maybeDelivery.test(line) || !archive.test(line)) return 'other'
    const entry = parseEntry(line)
    if (entry === undefined) return 'foreign'
    if (entry.method !== 'GET' || entry.project === '') return 'other'
    if (normalizeName(entry.project) !== entry.project) return 'other'
    const filename = fileOf(entry.uri)
    const parsed = filename === undefined ? undefined : parseFileName(filename, entry.project)
    if (filename === undefined || parsed === undefined) return 'other'
    return {
        day: entry.time.slice(0, 10),
        project: entry.project,
        version: parsed.version,
        filename,
        client: entry.client,
        installer: installerOf(entry.user_agent),
        isWhole: entry.status !== 206,
        isRedirect: entry.status === 302,
    }
}

function parseEntry(line: string): Entry | undefined {
    try {
        const { time, client, method, uri, project, status, user_agent } = JSON.parse(line) as Record<string, unknown>
        const texts = { time, client, method, uri, project, user_agent }
        if (typeof status !== 'number' || Object.values(texts).some((text) => typeof text !== 'string'))
            return undefined
        return { ...(texts as Omit<Entry, 'status'>), status }
    } catch {
        return undefined
    }
}

/** The last segment of a request's path, decoded. */
function fileOf(uri: string): string | undefined {
    const segment = /([^/?]*)(?:\?|$)/.exec(uri)?.[1] ?? ''
    try {
        return segment.length > 1000 ? undefined : decodeURIComponent(segment)
    } catch {
        return undefined
    }
}
