import { parseFileName, sdistReadings } from '../file-name.js'
import { matchesProject } from '../project-patterns.js'
import { normalizeName } from '../project-name.js'
import type { PagePolicy } from './file-policy.js'
import { isAbout, isWhole, rulesAbout, type ProjectRule } from './project-rules.js'

/** What of the upstream index is offered. */
export interface PublicPolicy {
    /** How long after its upload a file is hidden, in seconds; 0 for not at all. */
    cooldown: number
    /** Patterns of projects without a cool-down. */
    cooldownExcept: string[]
    deny: ProjectRule[]
    /** Undefined: all projects. */
    allowOnly: ProjectRule[] | undefined
}

/** The reason for what --allow-only does not list. */
const notListed = 'not listed by --allow-only'

/**
 * Why a project is not offered at all; undefined if some of it may be. The reason may be empty.
 *
 * @param project normalised
 */
export function projectRefusal(policy: PublicPolicy, project: string): string | undefined {
    const denied = rulesAbout(policy.deny, project).filter(isWhole)[0]
    if (denied !== undefined) return denied.reason
    const isAllowed = policy.allowOnly === undefined || rulesAbout(policy.allowOnly, project).length > 0
    return isAllowed ? undefined : notListed
}

/**
 * What the page of a project may offer.
 *
 * @param project normalised
 * @param now milliseconds since the epoch
 */
export function pagePolicy(policy: PublicPolicy, project: string, now: number): PagePolicy {
    const isExcepted = policy.cooldown === 0 || matchesProject(policy.cooldownExcept, project)
    const deny = rulesAbout(policy.deny, project)
    const allowOnly = policy.allowOnly && rulesAbout(policy.allowOnly, project)
    const isUnruled = deny.length === 0 && (allowOnly === undefined || allowOnly.some(isWhole))
    return {
        cutoff: isExcepted ? '' : new Date(now - policy.cooldown * 1000).toISOString().slice(0, 19),
        refusal: isUnruled ? undefined : (version) => versionRefusal(deny, allowOnly, version),
    }
}

/** In doubt, a version is denied, and not allowed. */
function versionRefusal(
    deny: ProjectRule[],
    allowOnly: ProjectRule[] | undefined,
    version: string | undefined,
): string | undefined {
    for (let index = 0; index < deny.length; index++) {
        if (isAbout(deny[index]!, version, true)) return deny[index]!.reason
    }
    const isAllowed = allowOnly === undefined || allowOnly.some((rule) => isAbout(rule, version, false))
    return isAllowed ? undefined : notListed
}

/** The folder of each is listed by S3. Real names have fewer: scikits.foo-bar-1.0-py2.7-macosx-10.6-intel.egg has seven. */
const maxReadings = 12

/**
 * Why a file is not served; undefined if it may be. The cool-down is not about files: a lock file may name one of today.
 *
 * The name of an sdist can have several meanings: `my-2-1.tar.gz` is version 1 of my-2, or 2.post1 of my. One that is denied
 * is enough to refuse it.
 *
 * @param filename of a file, or FILE.metadata
 * @param privateNames patterns of projects whose names the upstream index must not see
 */
export function fileRefusal(policy: PublicPolicy, filename: string, privateNames: string[] = []): string | undefined {
    const readings = readingsOf(filename)
    if (readings.length === 0 || readings.length > maxReadings) return 'not the name of a file of a project'
    let refused: string | undefined
    let isAllowed = policy.allowOnly === undefined
    readings.forEach(({ project, version }) => {
        const deny = rulesAbout(policy.deny, project)
        const isPrivate = matchesProject(privateNames, project)
        const byDeny = isPrivate ? 'a private name' : versionRefusal(deny, undefined, version)
        if (byDeny !== undefined && refused === undefined) refused = byDeny
        if (policy.allowOnly === undefined) return
        const allowOnly = rulesAbout(policy.allowOnly, project)
        if (versionRefusal([], allowOnly, version) === undefined) isAllowed = true
    })
    if (refused !== undefined) return refused
    return isAllowed ? undefined : notListed
}

/** The projects that a file may be of. @param filename of a file, or FILE.metadata */
export function projectsOf(filename: string): string[] {
    return readingsOf(filename).map(({ project }) => project)
}

/**
 * The projects that a file may be of, with the version, if it is known. Others have names that no project has.
 *
 * @param requested the name of a file, or FILE.metadata
 */
function readingsOf(requested: string): { project: string; version: string | undefined }[] {
    const filename = requested.slice(-9) === '.metadata' ? requested.slice(0, -9) : requested
    const isProject = ({ project }: { project: string }) => /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(project)
    if (filename.slice(-4) === '.whl') {
        const project = normalizeName(filename.split('-')[0]!)
        const parsed = parseFileName(filename, project)
        return [{ project, version: parsed && parsed.version }].filter(isProject)
    }
    const readings: { project: string; version: string | undefined }[] = sdistReadings(filename)
    const words = filename.split('-')
    // In another format, each beginning could be the name of the project. In the name of an sdist, one before a digit:
    // demo-1.0-snapshot-2.tar.gz is from before PEP 440.
    const isSdist = readings.length > 0
    const beginnings = words
        .map((_word, index) => ({ project: normalizeName(words.slice(0, index + 1).join('-')), version: undefined }))
        .filter((_beginning, index) => !isSdist || /^[0-9]/.test(words[index + 1] || ''))
        .filter(({ project }) => !readings.some((reading) => reading.project === project))
    return readings.concat(beginnings).filter(isProject)
}
