import { UsageError } from '../../core/user-error.js'

/** The features of an nginx version that a generated configuration may use. */
export interface NginxFeatures {
    /** `server NAME resolve;` in an upstream block: keeps connections open and follows DNS changes. nginx 1.27.3. */
    upstreamResolve: boolean
    /** `resolver … ipv4=off`: nginx 1.23.1. */
    resolverIPv4Off: boolean
    /** `http2 on;`: nginx 1.25.1. Earlier versions use a parameter of `listen`. */
    http2Directive: boolean
    /** `js_shared_dict_zone`: njs 0.8.0, packaged with nginx 1.25.2. */
    sharedDictionary: boolean
    /** `js_engine qjs` with shared dictionaries: njs 0.8.8, in the packages of nginx 1.28.0. */
    quickJs: boolean
    /** `js_periodic`: njs 0.8.1, packaged with nginx 1.25.3. */
    periodic: boolean
    /** `ngx.fetch` in QuickJS: njs 0.9.1, packaged with nginx 1.28.1 and 1.29.1. */
    quickJsFetch: boolean
}

/** `1.28.0` as [1, 28, 0]. Throws UsageError for anything else, and for an nginx that is too old. */
export function parseNginxVersion(text: string): [number, number, number] {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
    if (!match) {
        throw new UsageError(
            `${JSON.stringify(text)} is not a version of nginx`,
            'Write it as `nginx -v` prints it, e.g. 1.28.0.',
        )
    }
    const version: [number, number, number] = [Number(match[1]), Number(match[2]), Number(match[3])]
    if (!atLeast(version, [1, 22, 1])) {
        throw new UsageError(`nginx ${text} is too old`, 'nginx 1.22.1 (Debian 12) is the oldest that is tested.')
    }
    return version
}

/** @param text a version that `parseNginxVersion` accepts */
export function nginxFeatures(text: string): NginxFeatures {
    const version = parseNginxVersion(text)
    return {
        resolverIPv4Off: atLeast(version, [1, 23, 1]),
        http2Directive: atLeast(version, [1, 25, 1]),
        upstreamResolve: atLeast(version, [1, 27, 3]),
        sharedDictionary: atLeast(version, [1, 25, 2]),
        quickJs: atLeast(version, [1, 28, 0]),
        periodic: atLeast(version, [1, 25, 3]),
        quickJsFetch: atLeast(version, [1, 28, 1]) && !(version[1] === 29 && version[2] === 0),
    }
}

function atLeast(version: readonly number[], minimum: readonly number[]): boolean {
    for (const [index, part] of minimum.entries()) {
        if (version[index] !== part) return version[index]! > part
    }
    return true
}
