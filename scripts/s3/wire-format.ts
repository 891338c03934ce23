/** An ETag without its quotes. Some servers leave them out, some list them otherwise than they send them. */
export function bareEtag(etag: string | undefined): string {
    return (etag ?? '').replace(/^(?:W\/)?"|"$/g, '')
}

/**
 * A key of a listing that was asked for with `encoding-type=url`, the only form in which XML can carry every key.
 *
 * @param encoding what the server says that it used: one that knows no encoding says nothing
 */
export function decodeListedKey(key: string, encoding: string | undefined): string {
    if (encoding !== 'url') return key
    try {
        return decodeURIComponent(key.replaceAll('+', ' '))
    } catch (error) {
        // Not UTF-8, or not encoded after all: no key of an index, and no reason to give up the listing.
        if (error instanceof URIError) return key
        throw error
    }
}
