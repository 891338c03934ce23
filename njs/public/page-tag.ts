/**
 * The ETag of a filtered page: of what it was made, and the time from which on another file is old enough.
 *
 * Weak, since nginx compresses pages.
 */
export function pageTag(digest: string, changes: number | undefined): string {
    return `W/"${digest}-${changes === undefined ? 'never' : Math.floor(changes / 1000)}"`
}

/**
 * Whether a page that has been sent is still right.
 *
 * @param known If-None-Match
 * @param digest of the upstream page's ETag and of the policy, as they are now
 * @param now milliseconds since the epoch
 */
export function isCurrent(known: string, digest: string, now: number): boolean {
    const match = /^W\/"([0-9a-f]+)-(never|\d{1,12})"$/.exec(known)
    if (match === null || match[1] !== digest) return false
    return match[2] === 'never' || now < Number(match[2]) * 1000
}
