// Runs when S3 has no page for a project. A separate script, since a larger signing script would cost each signed request
// more.

import { folderContent, type FolderContent } from './folder-listing.js'

/**
 * Selects the response when S3 has a page neither in the requested form nor in one that may replace it.
 *
 * A project may be redirected to another index only if S3 lists no key in its folder and has no index.json: any key
 * claims the name.
 */
function missingPage(r: NginxHTTPRequest): void {
    // The request for JSON has already failed.
    if (r.variables.pypi_form === 'json') return listFolder(r)
    r.subrequest('/-/s3-json', { method: 'HEAD' }, function (reply) {
        if (reply.status === 404) listFolder(r)
        else redirect(r, reply.status === 200 ? '@page_incomplete' : '@s3_unavailable')
    })
}

function listFolder(r: NginxHTTPRequest): void {
    r.subrequest('/-/s3-folder', function (reply) {
        const isRoot = !r.variables.pypi_folder
        let content: FolderContent | undefined
        try {
            if (reply.status === 200) content = folderContent(reply.responseText!, r.variables.pypi_folder_key!)
        } catch (error) {
            r.error((error as Error).message)
        }
        if (content === undefined) redirect(r, '@s3_unavailable')
        else if (content === 'page') redirect(r, '/-/folder-page')
        else if (isRoot && content === 'files') redirect(r, '@no_page')
        else if (isRoot) emptyIndex(r)
        else if (content === 'files') redirect(r, '/-/listed-page')
        else if (content === 'marker') redirect(r, '@no_files')
        else redirect(r, '@no_project')
    })
}

/**
 * In the server that signs, when S3 has no index.json of a project: responds with the page of the public index if the bucket
 * has nothing of the project. Otherwise with 404, and the first server finds out what there is instead.
 */
function missingProject(r: NginxHTTPRequest): void {
    r.subrequest('/-/s3-folder', { args: r.variables.pypi_folder_query! }, function (reply) {
        let content: FolderContent | undefined
        try {
            if (reply.status === 200) content = folderContent(reply.responseText!, r.variables.pypi_folder_key!)
        } catch (error) {
            r.error((error as Error).message)
        }
        if (content === undefined) r.return(503)
        else if (content === 'nothing') r.internalRedirect('@public_page')
        else r.return(404)
    })
}

/** Redirects internally with the headers of a page: subrequests share the variables and have overwritten them. */
function redirect(r: NginxHTTPRequest, location: string): void {
    r.variables.pypi_vary = 'Accept'
    r.internalRedirect(location)
}

/** Responds with the project list of an empty bucket. @see PEP 503, 691 */
function emptyIndex(r: NginxHTTPRequest): void {
    r.variables.pypi_vary = 'Accept'
    r.variables.pypi_cache_control = 'no-cache'
    r.headersOut['Content-Type'] = r.variables.pypi_page_type!
    r.return(
        200,
        r.variables.pypi_form === 'json'
            ? '{"meta":{"api-version":"1.4"},"projects":[]}\n'
            : '<!DOCTYPE html>\n<html><head><meta name="pypi:repository-version" content="1.4">' +
                  '<title>Simple index</title></head><body></body></html>\n',
    )
}

export default { missingPage, missingProject }
