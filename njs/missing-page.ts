// Runs where S3 has no page for a project: a script of its own, since a larger one would cost each signed request more.

import { folderContent, type FolderContent } from './folder-listing.js'

/**
 * Decides what becomes of a page that S3 has neither in the form that was asked for nor in one that would do instead.
 *
 * Only a folder in which S3 lists nothing at all, and that has no index.json, may be looked for elsewhere: a folder with
 * any key in it is a claimed name, however it came there.
 */
function missingPage(r: NginxHTTPRequest): void {
    // JSON was asked for before.
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
        else if (content === 'files' || (content === 'marker' && !isRoot)) redirect(r, '@no_page')
        else if (isRoot) emptyIndex(r)
        else redirect(r, '@no_project')
    })
}

/** Goes on elsewhere with the headers of a page: a subrequest shares the variables, and has set them anew. */
function redirect(r: NginxHTTPRequest, location: string): void {
    r.variables.pypi_vary = 'Accept'
    r.internalRedirect(location)
}

/** The list of the projects of a bucket in which there is nothing yet. @see PEP 503, 691 */
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

export default { missingPage }
