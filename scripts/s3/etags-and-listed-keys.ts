/** Removes the quotes of an ETag. Some servers omit them; some quote differently in listings than in headers. */
export function bareEtag(etag: string | undefined): string {
    return (etag ?? '').replace(/^(?:W\/)?"|"$/g, '')
}

/**
 * Decodes a key of a listing requested with `encoding-type=url`, without which XML cannot carry every key.
 *
 * @param encoding the encoding that the server reports; undefined if it does not support any
 */
export function decodeListedKey(key: string, encoding: string | undefined): string {
    if (encoding !== 'url') return key
    try {
        return decodeURIComponent(key.replaceAll('+', ' '))
    } catch (error) {
        // Not UTF-8, or not encoded: not a key of an index, and no reason to fail the listing.
        if (error instanceof URIError) return key
        throw error
    }
}
