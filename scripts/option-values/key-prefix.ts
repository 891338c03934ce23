import { UsageError } from '../../core/user-error.js'

/** Bytes. @see Amazon S3 User Guide, "Naming Amazon S3 objects" */
const longestKey = 1024

/**
 * The prefix of an index that shares its bucket: `team-a` and `team-a/` become `team-a/`; empty means the whole bucket.
 *
 * @throws UsageError for segments that S3, nginx or a shell would interpret
 */
export function parseKeyPrefix(text: string): string {
    const prefix = text === '' || text.endsWith('/') ? text : text + '/'
    const segments = prefix.split('/').slice(0, -1)
    if (!segments.every((segment) => /^[A-Za-z0-9._-]+$/.test(segment) && !/^\.+$/.test(segment))) {
        throw new UsageError(
            `${JSON.stringify(text)} cannot be the prefix of an index`,
            'Write names of A-Z, a-z, 0-9, "-", "_" and ".", with slashes between them: team-a/ or teams/a/',
        )
    }
    if (prefix.length >= longestKey) {
        throw new UsageError(
            `the prefix has ${prefix.length} characters, which leaves none for the name of a file`,
            `S3 keys have at most ${longestKey} bytes: choose a shorter prefix.`,
        )
    }
    return prefix
}
