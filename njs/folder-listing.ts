// What S3 says is in a folder of the index that has neither index.html nor index.json.

/**
 * `nothing`: no key at all. `marker`: the empty key of the folder itself. `page`: that key holds a page. `files`: other
 * keys.
 */
export type FolderContent = 'nothing' | 'marker' | 'page' | 'files'

/**
 * Reads a listing of a folder, of which two keys are enough: they come in order, that of the folder itself first.
 *
 * A folder's own key, `acme/`, is empty where a console made the folder, and is a page where s3pypi made it.
 *
 * @param xml the answer to ListObjectsV2, at most some kilobytes
 * @param folder the prefix that was listed, `acme/`; empty for the whole bucket. Without characters that XML escapes.
 * @throws Error when it is no such answer: nothing may be concluded from it
 */
export function folderContent(xml: string, folder: string): FolderContent {
    if (xml.indexOf('<ListBucketResult') < 0 || xml.indexOf('</ListBucketResult>') < 0) {
        throw new Error('S3 answered the listing of a folder with something else')
    }
    const objects = xml.split('<Contents>').slice(1)
    const first = objects[0]
    if (first === undefined) {
        // No key, and yet more to come or a count: not an answer to rely on.
        if (/<KeyCount>\s*0*[1-9]|<IsTruncated>\s*true/.test(xml)) throw new Error('S3 lists a folder without its keys')
        return 'nothing'
    }
    if (folder === '' || element(first, 'Key') !== folder) return 'files'
    const size = element(first, 'Size')
    if (size === undefined || !/^\d+$/.test(size)) throw new Error('S3 lists a key without its size')
    if (Number(size) > 0) return 'page'
    return objects.length > 1 ? 'files' : 'marker'
}

/** The text of the first element of that name. */
function element(xml: string, name: string): string | undefined {
    const start = xml.indexOf('<' + name + '>')
    const end = xml.indexOf('</' + name + '>', start)
    return start < 0 || end < 0 ? undefined : xml.slice(start + name.length + 2, end).trim()
}
