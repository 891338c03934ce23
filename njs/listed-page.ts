// Responds with the page of a project whose folder has files and no page, such as one that `aws s3 cp` filled: made from
// S3's listing. A separate script, since a larger signing script would cost each signed request more.

import crypto from 'crypto'
import { fileLine, filesDocument, versionLine } from '../core/html-document.js'
import { fileJson, fileLines, projectJsonHead } from '../core/offered-file.js'
import { addObject, emptyFolder, listedFiles, type ListedFile } from './listed-files.js'
import { listingQuery, readListing, readObject } from './listing.js'

type Sign = (r: NginxHTTPRequest) => string

/** The signing script, which the configuration imports under this name. */
declare const s3: { signV4: Sign; signV2: Sign }

/**
 * Pages of a listing, of 1,000 keys each. The njs engine frees the memory of a request at its end only: njs 0.7.9 takes up to
 * 40 MB for each page.
 */
const maxPages = 3

/** Files looked at or written at once. In between, nginx answers other requests. */
const filesPerSlice = 100

const active = { status: 'active' }

/** @param isLong whether the listing may have more than one page */
function respond(r: NginxHTTPRequest, sign: Sign, isLong: boolean): void {
    const encodedFolder = r.variables.pypi_folder_query!
    const folder = decodeURIComponent(encodedFolder)
    const found = emptyFolder(r.variables.project!)
    // Subrequests share the variables: see below.
    const form = r.variables.pypi_form === 'json' ? 'json' : 'html'
    const type = r.variables.pypi_page_type!
    const request = r.variables.s3_request!
    let pages = 0

    function list(token: string): void {
        if (++pages > maxPages) return fail(r, 507)
        r.variables.s3_request = request + '\t' + listingQuery(encodedFolder, token)
        r.variables.s3_signed_listing = sign(r)
        r.subrequest('/-/s3-listing', function (reply) {
            attempt(r, function () {
                if (reply.status !== 200) return fail(r, 503)
                const listing = readListing(reply.responseText!, folder)
                if (listing.token !== '' && !isLong) return r.internalRedirect('/-/long-listed-page')
                if (listing.token !== '' && listing.token === token) throw new Error('S3 lists the same page again')
                inSlices(r, listing.objects, read, function () {
                    if (listing.token !== '') list(listing.token)
                    // A publisher has written a page in the meantime.
                    else if (found.hasPage) fail(r, 503)
                    else if (found.sortKeys.length === 0) fail(r, 404)
                    else write(listedFiles(found))
                })
                function read(text: string): void {
                    addObject(found, readObject(text, folder, listing.isEncoded))
                }
            })
        })
    }

    function write(files: ListedFile[]): void {
        const lines: string[] = []
        const versions: string[] = []
        files.forEach(function (file) {
            if (file.version !== versions[versions.length - 1]) versions.push(file.version)
        })
        if (form === 'json') {
            inSlices(
                r,
                files,
                function (file) {
                    lines.push(JSON.stringify(fileJson(file)))
                },
                function () {
                    send(r, type, projectJsonHead(found.project, active, versions) + fileLines(lines) + '}\n')
                },
            )
        } else {
            inSlices(
                r,
                newestFirst(files),
                function (line) {
                    lines.push(typeof line === 'string' ? versionLine(line) : fileLine(line))
                },
                function () {
                    send(r, type, filesDocument(found.project, active, lines))
                },
            )
        }
    }

    attempt(r, function () {
        list('')
    })
}

/** Versions, the newest first, each followed by its files. @param files sorted */
function newestFirst(files: ListedFile[]): (string | ListedFile)[] {
    const lines: (string | ListedFile)[] = []
    let end = files.length
    while (end > 0) {
        const version = files[end - 1]!.version
        let start = end - 1
        while (start > 0 && files[start - 1]!.version === version) start--
        lines.push(version)
        for (let index = start; index < end; index++) lines.push(files[index]!)
        end = start
    }
    return lines
}

/** Calls `each` with every item, some at a time, then `done`. */
function inSlices<Item>(r: NginxHTTPRequest, items: Item[], each: (item: Item) => void, done: () => void): void {
    let next = 0
    function slice(): void {
        attempt(r, function () {
            const end = Math.min(next + filesPerSlice, items.length)
            while (next < end) each(items[next++]!)
            // With 0, nginx runs all slices before it looks at other requests.
            if (next < items.length) setTimeout(slice, 1)
            else done()
        })
    }
    slice()
}

/** Fails closed: an error in a callback would otherwise leave the client without an answer. */
function attempt(r: NginxHTTPRequest, action: () => void): void {
    try {
        action()
    } catch (error) {
        r.error('the page of ' + r.variables.project + ' cannot be made: ' + (error as Error).message)
        fail(r, 503)
    }
}

function fail(r: NginxHTTPRequest, status: number): void {
    r.variables.pypi_vary = 'Accept'
    r.return(status)
}

function send(r: NginxHTTPRequest, type: string, page: string): void {
    const hash = crypto.createHash('sha256').update(type).update('\n').update(page).digest('hex').slice(0, 32)
    // nginx compresses the page, and does not know the ETag of a script: two encodings must not share a strong one.
    const isCompressed = /\bgzip\b/i.test(r.headersIn['Accept-Encoding'] || '')
    // Subrequests share the variables and have overwritten them.
    r.variables.pypi_vary = 'Accept, Accept-Encoding'
    r.variables.pypi_cache_control = 'no-cache'
    r.headersOut.ETag = (isCompressed ? 'W/"' : '"') + hash + '"'
    const known = (r.headersIn['If-None-Match'] || '').slice(0, 1024)
    if (known.trim() === '*' || known.indexOf('"' + hash + '"') >= 0) return r.return(304)
    r.headersOut['Content-Type'] = type
    r.return(200, page)
}

function pageV4(r: NginxHTTPRequest): void {
    respond(r, s3.signV4, false)
}

function pageV2(r: NginxHTTPRequest): void {
    respond(r, s3.signV2, false)
}

function longPageV4(r: NginxHTTPRequest): void {
    respond(r, s3.signV4, true)
}

function longPageV2(r: NginxHTTPRequest): void {
    respond(r, s3.signV2, true)
}

export default { pageV4, pageV2, longPageV4, longPageV2 }
