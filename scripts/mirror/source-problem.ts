import { UserError } from '../../core/user-error.js'

/** Why a project or a file of the source is not copied. The others are. */
export class SourceProblem extends UserError {}

/** A URL for messages: without a password, and without a query, which may hold a signature. */
export function shownUrl(url: URL | string): string {
    const { protocol, host, pathname } = new URL(url)
    return `${protocol}//${host}${pathname}`
}
