import { normalizeProjectPattern, matchesProject } from '../project-patterns.js'
import { normalizeVersion, strip } from '../version.js'
import { matchesSpecifiers, parseSpecifiers, type VersionSpecifiers } from '../version-specifiers.js'

/** A line of a list of projects. */
export interface ProjectRule {
    /** Normalised names; `*` stands for any characters. */
    pattern: string
    /** Empty for all versions. */
    versions: VersionSpecifiers
    /** Why; may be empty. */
    reason: string
}

/** A list that cannot be used. The message names the line and the cure. */
export class UnreadableRules extends Error {
    constructor(message: string) {
        super(message)
        // Compiled to ES5, an object made by Error() is no UnreadableRules.
        Object.setPrototypeOf(this, new.target.prototype)
    }
}

/** Characters. */
const maxReason = 200

/** Of a list. Characters. */
const maxList = 1024 * 1024

/** A rule about all versions of a project: its normalised name, and no word that could be a version. */
const plainRule = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:[ \t]+[A-UW-Za-uw-z(#][^\r]*)?$/

/**
 * Reads a list of --deny or --allow-only. A line is a project, which may have `*`, version specifiers, and a reason:
 *
 *     # a comment
 *     evil-project                  typosquatting of good-project
 *     requests==2.31.0              CVE-2024-0001
 *     urllib3 <1.26.5, !=1.25.3     CVE-2021-33503
 *     django<4.2                    # end of life
 *
 * @param projects normalised; undefined for all rules: those that are plainly about another project are not parsed, which costs
 * njs memory
 * @throws UnreadableRules for a line that is none of these: a rule that is left out would let something through
 */
export function parseRules(text: string, projects?: readonly string[]): ProjectRule[] {
    if (text.length > maxList)
        throw new UnreadableRules('it has more than 1 MiB: leave out the reasons, or use patterns')
    const rules: ProjectRule[] = []
    text.split('\n').forEach((line, index) => {
        if (projects !== undefined && line.search(plainRule) === 0 && !isPlainlyAbout(line, projects)) return
        const content = strip(line)
        if (content === '' || content.charAt(0) === '#') return
        const rule = parseRule(content)
        if (rule === undefined) {
            throw new UnreadableRules(
                `line ${index + 1}, ${JSON.stringify(content.slice(0, 80))}, is not a rule: ` +
                    'write PROJECT, PROJECT==1.2 or PROJECT<2, then a reason',
            )
        }
        rules.push(rule)
    })
    return rules
}

function isPlainlyAbout(line: string, projects: readonly string[]): boolean {
    return projects.some((project) => {
        const next = line.charAt(project.length)
        return line.indexOf(project) === 0 && (next === '' || next === ' ' || next === '\t')
    })
}

function parseRule(line: string): ProjectRule | undefined {
    const name = /^[A-Za-z0-9*][A-Za-z0-9._*-]*/.exec(line)
    if (name === null) return undefined
    const pattern = normalizeProjectPattern(name[0])
    let rest = line.slice(name[0].length)
    // An extra or a marker is no rule about a project.
    if (pattern === undefined || (rest !== '' && !/^[\s=<>!~]/.test(rest))) return undefined
    let specifiers = ''
    for (;;) {
        const clause = /^(\s*(?:,\s*)?)((?:===|~=|==|!=|<=|>=|<|>)\s*[^\s,]+)/.exec(rest)
        // Clauses are separated by commas.
        if (clause === null || (specifiers !== '') !== clause[1]!.indexOf(',') >= 0) break
        specifiers += (specifiers === '' ? '' : ',') + clause[2]!
        rest = rest.slice(clause[0].length)
    }
    // What looks like a further clause and is none, an operator without a version, an extra, a URL, or a marker.
    if (/^\s*[[,=<>!~@;]/.test(rest)) return undefined
    const versions = parseSpecifiers(specifiers)
    if (versions === undefined) return undefined
    const text = strip(rest)
    // "foo 1.2" would be about all versions of foo.
    if (specifiers === '' && normalizeVersion(text.split(/\s/)[0]!) !== undefined) return undefined
    return { pattern, versions, reason: shortened(strip(text.replace(/^#/, ''))) }
}

/** Not in the middle of a character, which no header can hold. */
function shortened(reason: string): string {
    const cut = reason.slice(0, maxReason)
    const last = cut.charCodeAt(cut.length - 1)
    return last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut
}

/** The rules about a project. @param project normalised */
export function rulesAbout(rules: ProjectRule[], project: string): ProjectRule[] {
    return rules.filter(({ pattern }) => matchesProject([pattern], project))
}

/** Whether a rule is about all versions. */
export function isWhole({ versions }: ProjectRule): boolean {
    return versions.length === 0
}

/**
 * Whether a rule is about a version.
 *
 * @param version normalised; undefined if it is not known
 * @param ifUnknown the answer for an unknown version, unless the rule is about all
 */
export function isAbout(rule: ProjectRule, version: string | undefined, ifUnknown: boolean): boolean {
    return isWhole(rule) || (version === undefined ? ifUnknown : matchesSpecifiers(rule.versions, version))
}
