import { relativePrefix, urlStart } from '../../../core/public/file-address.js'
import type { PagePolicy } from '../../../core/public/file-policy.js'
import { PageFilter } from '../../../core/public/page-filter.js'
import { nodeTools } from './node-tools.js'
import { pypiFiles } from './pypi-page.js'

/** A policy that hides nothing. */
export const offersAll: PagePolicy = { cutoff: '', refusal: undefined }

/**
 * Filters a page in parts of this size.
 *
 * @param isStream as large pages are, with nginx's part of the work
 * @throws UnreadablePage
 */
export function filterPage(
    page: Uint8Array | string,
    project: string,
    policy: PagePolicy,
    partSize = 65536,
    isStream = false,
): string {
    const sent: Uint8Array[] = []
    const send = (bytes: Uint8Array) => void sent.push(bytes)
    const filter = new PageFilter(project, pypiFiles, policy, isStream, nodeTools, send)
    const bytes = Buffer.from(page)
    for (let from = 0; from === 0 || from < bytes.length; from += partSize) {
        filter.push(bytes.subarray(from, from + partSize), from + partSize >= bytes.length)
    }
    const filtered = Buffer.concat(sent).toString()
    return isStream ? filtered.replaceAll(urlStart + pypiFiles, urlStart + relativePrefix) : filtered
}

/** The same by other means: parses the page. It does not refuse anything. */
export function modelOfFilter(page: string, project: string, policy: PagePolicy, versionOf: (file: string) => string) {
    const parsed = JSON.parse(page)
    const hidden: Record<string, number> = {}
    const reasons = new Set<string>()
    const gone = new Set<string>()
    const isHidden = (file: Record<string, string>) => {
        const version = versionOf(file.filename!)
        const reason = policy.refusal?.(version)
        const uploaded = file['upload-time']
        const isDated = typeof uploaded === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(uploaded)
        const path = /^[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{60}\/(\w[\w.+!~-]*)$/.exec(file.url!.replace(pypiFiles, ''))
        const cause =
            path?.[1] !== file.filename
                ? 'unsupported'
                : reason !== undefined
                  ? 'denied'
                  : policy.cutoff === ''
                    ? undefined
                    : !isDated
                      ? 'undated'
                      : Date.parse(uploaded.slice(0, 19) + 'Z') > Date.parse(policy.cutoff + 'Z')
                        ? 'cooldown'
                        : undefined
        if (reason && cause === 'denied') reasons.add(reason)
        if (cause !== undefined) hidden[cause] = (hidden[cause] ?? 0) + 1
        return cause !== undefined
    }
    const all = parsed.files as Record<string, string>[]
    const offered = all.filter((file) => !isHidden(file))
    for (const file of all) if (!offered.includes(file)) gone.add(versionOf(file.filename!))
    for (const file of offered) gone.delete(versionOf(file.filename!))
    const files = offered.map((file) => ({ ...file, url: file.url!.replace(pypiFiles, '../../packages/') }))
    const isQuarantined = parsed['project-status']?.status === 'quarantined'
    const result = { ...parsed, files: isQuarantined ? [] : files }
    if (Object.keys(hidden).length > 0) {
        result.meta = { ...parsed.meta, _hidden: { ...hidden, ...(reasons.size > 0 && { reasons: [...reasons] }) } }
        if (parsed.versions) result.versions = parsed.versions.filter((version: string) => !gone.has(version))
    }
    return result
}
