// Classifies S3's listing of a folder that has neither index.html nor index.json.

/**
 * `nothing`: no key at all. `marker`: only the folder's own key, empty. `page`: the folder's own key holds a page.
 * `files`: other keys.
 */
export type FolderContent = 'nothing' | 'marker' | 'page' | 'files'

/**
 * Reads a folder listing of at most two keys. They are sorted, so the folder's own key comes first.
 *
 * A folder's own key, `acme/`, is empty when the S3 console created the folder, and a page when s3pypi did.
 *
 * @param xml the response to ListObjectsV2, at most a few kilobytes
 * @param folder the listed prefix, `acme/`; empty for the whole bucket. Without characters that XML escapes.
 * @throws Error when it is not a valid listing
 */
export function folderContent(xml: string, folder: string): FolderContent {
    if (xml.indexOf('<ListBucketResult') < 0 || xml.indexOf('</ListBucketResult>') < 0) {
        throw new Error('the response of S3 is not a folder listing')
    }
    const objects = xml.split('<Contents>').slice(1)
    const first = objects[0]
    if (first === undefined) {
        // The listing contradicts itself: no key, but a count, or more keys to come.
        if (/<KeyCount>\s*0*[1-9]|<IsTruncated>\s*true/.test(xml)) throw new Error('S3 lists a folder without its keys')
        return 'nothing'
    }
    if (folder === '' || element(first, 'Key') !== folder) return 'files'
    const size = element(first, 'Size')
    if (size === undefined || !/^\d+$/.test(size)) throw new Error('S3 lists a key without its size')
    if (Number(size) > 0) return 'page'
    return objects.length > 1 ? 'files' : 'marker'
}

/** Text of the first element of that name. */
function element(xml: string, name: string): string | undefined {
    const start = xml.indexOf('<' + name + '>')
    const end = xml.indexOf('</' + name + '>', start)
    return start < 0 || end < 0 ? undefined : xml.slice(start + name.length + 2, end).trim()
}
