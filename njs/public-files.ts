import fs from 'fs'
import { fileRefusal, projectsOf } from '../core/public/public-policy.js'
import { folderContent } from './folder-listing.js'
import { fail, removeHeaders } from './public-answers.js'
import { decodePublicSettings, readPolicy, UnreadablePolicy } from './public/settings.js'

const readFile = (path: string) => fs.readFileSync(path, 'utf8') as string

/** Whether the file in the query may be served: 204, or 403 with the reason in a header. */
export async function file(r: NginxHTTPRequest): Promise<void> {
    try {
        const filename = r.variables.args || ''
        const refused = await refusal(r, filename)
        r.headersOut['Cache-Control'] = 'max-age=10'
        if (refused === undefined) return r.return(204)
        // A header holds ASCII.
        r.headersOut['X-Reason'] = encodeURI(refused || 'denied')
            .split('%20')
            .join(' ')
        r.return(403)
    } catch (error) {
        r.error(`public files cannot be served: ${(error as Error).message}`)
        const isPolicy = error instanceof UnreadablePolicy
        if (isPolicy) r.headersOut['X-Reason'] = 'its rules cannot be read, see the error log of nginx'
        // With --stale, a file in the cache is served on 503.
        fail(r, isPolicy ? 403 : 503, 'no-store', '')
    }
}

/** @throws UnreadablePolicy; Error if S3 does not tell whether the bucket has the project */
async function refusal(r: NginxHTTPRequest, filename: string): Promise<string | undefined> {
    const settings = decodePublicSettings(r.variables.public_policy)
    const projects = projectsOf(filename)
    const refused = fileRefusal(readPolicy(settings, readFile, projects), filename, settings.privateNames)
    return refused === undefined ? bucketRefusal(r, projects, settings.prefix) : refused
}

/** Files of a project that the bucket has are not requested from the public index. */
async function bucketRefusal(r: NginxHTTPRequest, projects: string[], prefix: string): Promise<string | undefined> {
    for (let index = 0; index < projects.length; index++) {
        const project = projects[index]!
        const listing = await r.subrequest(`/bucket/${project}`, { method: 'GET' })
        if (listing.status !== 200) throw new Error(`S3 does not list the folder of ${project}`)
        if (folderContent(listing.responseText!, `${prefix}${project}/`) !== 'nothing') return 'a project of this index'
    }
    return undefined
}

/** What the public index may tell of a file. Other headers are about its host, or for caches. */
const fileHeaders = ['content-type', 'content-length', 'content-range', 'accept-ranges', 'etag', 'last-modified']

export function fileHeader(r: NginxHTTPRequest): void {
    removeHeaders(r, fileHeaders)
}
