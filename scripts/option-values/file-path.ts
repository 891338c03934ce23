import { UsageError } from '../../core/user-error.js'

/** The certificates of the public authorities in the official image, Debian and Ubuntu. */
export const systemCaBundle = '/etc/ssl/certs/ca-certificates.crt'

/** An absolute path without characters that are special in nginx.conf. Throws UsageError. */
export function parseFilePath(text: string): string {
    // "$" cannot be escaped in most directives, and the other characters end a word or a string.
    if (!text.startsWith('/') || /[\s\p{Cc}"'\\;{}$#]/u.test(text)) {
        throw new UsageError(
            `nginx cannot use the path ${JSON.stringify(text)}`,
            'Use an absolute path without spaces, quotes, "$", "#", ";", "{", "}" and backslashes.',
        )
    }
    return text
}
