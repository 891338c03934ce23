import { parseRules, type ProjectRule } from '../../core/public/project-rules.js'
import type { PublicPolicy } from '../../core/public/public-policy.js'
import { readOrExplain } from '../credentials/read-file.js'

/** Rules that cannot be read. */
export class UnreadablePolicy extends Error {
    constructor(message: string) {
        super(message)
        // Compiled to ES5, an object made by Error() is no UnreadablePolicy.
        Object.setPrototypeOf(this, new.target.prototype)
    }
}

/** What public.conf says: `$public_policy`. */
export interface PublicSettings {
    /** The URL at which all files of the upstream index are, with a slash at the end. */
    fileUrl: string
    /** Seconds. */
    cooldown: number
    /** Patterns of projects without a cool-down. */
    cooldownExcept: string[]
    /** Files of rules; empty for none. */
    deny: string
    allowOnly: string
    /** Patterns of projects that are never requested from the upstream index. */
    privateNames: string[]
    /** Of the index in the bucket. */
    prefix: string
}

/** `FILES\tCOOLDOWN\tEXCEPT\tDENY\tALLOW-ONLY\tPRIVATE\tPREFIX`, patterns with spaces between them */
export function decodePublicSettings(text: string | undefined): PublicSettings {
    const fields = (text || '').split('\t')
    const words = (field: string | undefined) => (field || '').split(' ').filter((word) => word !== '')
    if (fields.length !== 7) throw new Error('$public_policy has not seven fields')
    return {
        fileUrl: fields[0]!,
        cooldown: Number(fields[1]),
        cooldownExcept: words(fields[2]),
        deny: fields[3]!,
        allowOnly: fields[4]!,
        privateNames: words(fields[5]),
        prefix: fields[6]!,
    }
}

/**
 * The policy, with the rules of its files, which are read each time: they change without a reload.
 *
 * @param projects normalised: the rules are read that may be about these
 * @throws UnreadablePolicy for a file that cannot be read or has a wrong line; nothing public is served then
 */
export function readPolicy(
    settings: PublicSettings,
    readFile: (path: string) => string,
    projects: readonly string[],
): PublicPolicy {
    const rulesOf = (path: string): ProjectRule[] => {
        try {
            return parseRules(readOrExplain(path, readFile), projects)
        } catch (error) {
            throw new UnreadablePolicy(`${path}: ${(error as Error).message}`)
        }
    }
    return {
        cooldown: settings.cooldown,
        cooldownExcept: settings.cooldownExcept,
        deny: settings.deny === '' ? [] : rulesOf(settings.deny),
        allowOnly: settings.allowOnly === '' ? undefined : rulesOf(settings.allowOnly),
    }
}
