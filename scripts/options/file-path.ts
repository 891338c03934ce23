import { UsageError } from '../../core/user-error.js'

/** The certificates of the public authorities, where the official image, Debian and Ubuntu have them. */
export const systemCaBundle = '/etc/ssl/certs/ca-certificates.crt'

/** An absolute path that nginx takes as it is. Throws UsageError for one that nginx would read otherwise. */
export function parseFilePath(text: string): string {
    // nginx has no way to write a "$" in most directives, and these characters end a word or a string.
    if (!text.startsWith('/') || /[\s\p{Cc}"'\\;{}$#]/u.test(text)) {
        throw new UsageError(
            `nginx cannot be given the path ${JSON.stringify(text)}`,
            'Use an absolute path without spaces, quotes, "$", "#", ";", "{", "}" and back-slashes.',
        )
    }
    return text
}
