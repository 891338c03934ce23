import { relativePrefix, urlStart } from '../../core/public/file-address.js'
import type { Endpoint } from '../option-values/endpoint.js'
import type { Placement } from './render.js'
import { isContainer, type Settings } from './settings.js'
import { publicPagePattern } from './url-patterns.js'

/** The template values for public packages. @param resolver the parameters of nginx's `resolver` */
export function publicView(settings: Settings, { folder }: Pick<Placement, 'folder'>, resolver: string) {
    const { public: index, cache, features, privateNames, prefix } = settings
    if (index === undefined) return { public: false }
    const followsDns = settings.resolver.length > 0
    const upstream = !followsDns || features.upstreamResolve
    const listen = isContainer(settings.target) ? '127.0.0.1:8077' : `unix:${publicSocket(cache!.folder)}`
    const { cooldown, cooldownExcept, deny = '', allowOnly = '' } = index
    const fields = [index.fileUrl, cooldown, cooldownExcept.join(' '), deny, allowOnly, privateNames.join(' '), prefix]
    return {
        public: true,
        publicListen: listen,
        publicScript: `${folder}/public-pages.js`,
        publicIndex: index.pages.endpoint.authority + index.pages.path,
        publicFileUrl: index.fileUrl,
        publicUrlStart: urlStart,
        publicRelativePrefix: relativePrefix,
        publicSettings: fields.join('\\t'),
        publicPagePattern: publicPagePattern(prefix),
        publicUpstreams: upstream && [
            {
                name: 'public_index',
                server: serverOf(index.pages.endpoint, followsDns),
                zone: followsDns,
                resolver,
            },
            {
                name: 'public_files',
                server: serverOf(index.files.endpoint, followsDns),
                zone: followsDns,
                resolver,
            },
        ],
        publicResolver: !upstream,
        publicIndexUrl: urlOf(index.pages.endpoint, upstream ? 'public_index' : '$public_host'),
        publicIndexPath: index.pages.path,
        publicIndexServer: addressOf(index.pages.endpoint),
        publicIndexHost: index.pages.endpoint.authority,
        publicIndexTls: index.pages.endpoint.scheme === 'https' && index.pages.endpoint.host,
        publicFilesUrl: urlOf(index.files.endpoint, upstream ? 'public_files' : '$public_host'),
        publicFilesPath: index.files.path,
        publicFilesServer: addressOf(index.files.endpoint),
        publicFilesHost: index.files.endpoint.authority,
        publicFilesTls: index.files.endpoint.scheme === 'https' && index.files.endpoint.host,
        publicCaBundle: index.caBundle,
    }
}

/** The socket of the server in public.conf outside of containers, in a folder that only nginx can enter. */
export function publicSocket(cacheFolder: string): string {
    return `${cacheFolder}/pypi-private/public.sock`
}

function addressOf({ address, host, port }: Endpoint): string {
    return `${address ?? host}:${port}`
}

function serverOf(endpoint: Endpoint, followsDns: boolean): string {
    const isName = endpoint.address === undefined
    return addressOf(endpoint) + (followsDns && isName ? ' resolve' : '')
}

function urlOf({ scheme }: Endpoint, server: string): string {
    return `${scheme}://${server}`
}
