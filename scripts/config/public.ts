import { UsageError } from '../../core/user-error.js'
import { parseEndpointUrl, type Endpoint } from '../option-values/endpoint.js'
import { systemCaBundle } from '../option-values/file-path.js'
import { parsePrivateName, parsePublicUrl } from '../option-values/serving-values.js'
import { parsed, type ConfigOptions } from './option-table.js'

/** A server, and a path on it with a slash at both ends. */
interface Place {
    endpoint: Endpoint
    path: string
}

/** The upstream index whose packages are served as well. */
export interface PublicIndex {
    pages: Place
    files: Place
    /** The URL of the files as pages have it, with a slash at the end. */
    fileUrl: string
    caBundle: string
    /** Seconds. */
    cooldown: number
    /** Patterns of normalised names. */
    cooldownExcept: string[]
    /** Files of rules on the machine of nginx. */
    deny: string | undefined
    allowOnly: string | undefined
}

/** Where PyPI and its test instance have their files. Other indexes have them beside /simple/. */
const fileHosts: Record<string, string> = {
    'https://pypi.org/simple/': 'https://files.pythonhosted.org/packages/',
    'https://test.pypi.org/simple/': 'https://test-files.pythonhosted.org/packages/',
}

/** @throws UsageError for an invalid option, or for two answers to a missing project */
export function publicFrom(options: Omit<ConfigOptions, 'bucket'>): PublicIndex | undefined {
    if (options.public === undefined) return undefined
    if (options.fallback !== undefined) {
        throw new UsageError(
            '--public and --fallback both say what becomes of a project that is not in the bucket',
            'Leave one of them out: --public serves it, --fallback redirects to it. With --from, --no-fallback removes the latter.',
        )
    }
    const url = parsePublicUrl(options.public === true ? 'https://pypi.org/simple/' : options.public)
    const fileUrl = fileHosts[url] ?? new URL('../packages/', url).href
    return {
        pages: placeOf(url),
        files: placeOf(fileUrl),
        fileUrl,
        caBundle: parsed(options, 'publicCaBundle') ?? systemCaBundle,
        cooldown: parsed(options, 'cooldown'),
        cooldownExcept: (options.cooldownExcept ?? []).map((name) => parsePrivateName(name)),
        deny: parsed(options, 'deny'),
        allowOnly: parsed(options, 'allowOnly'),
    }
}

function placeOf(url: string): Place {
    const { origin, pathname } = new URL(url)
    return { endpoint: parseEndpointUrl(origin), path: pathname }
}

/** Whether nginx resolves a name to reach it. */
export function needsDnsFor(index: PublicIndex | undefined): boolean {
    return index !== undefined && [index.pages, index.files].some(({ endpoint }) => endpoint.address === undefined)
}
