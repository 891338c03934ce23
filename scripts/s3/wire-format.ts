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
    return encoding === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key
}
