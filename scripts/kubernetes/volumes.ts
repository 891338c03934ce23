import path from 'node:path'
import { nginxFolder } from '../config/placement.js'
import type { Settings } from '../config/settings.js'
import { hasWeb } from '../config/web.js'
import { because } from './commented-yaml.js'
import { podCredentials } from './credentials.js'
import { mountedFolders, type MountedFile } from './mounted-files.js'
import { objectNames } from './names.js'
import { storage } from './storage.js'

/** Readable for nginx by the pod's group. Written in decimal, since octal numbers differ between YAML versions. */
const readableByGroup = because("0440: readable for nginx by the pod's group.", 0o440)

/** The volumes of the pod. */
export function volumes(settings: Settings): object[] {
    const { tmp, cache } = storage(settings)
    const { object, web } = objectNames(settings)
    return [
        {
            name: 'config',
            ...(hasWeb(settings)
                ? { projected: { sources: [object, web].map((name) => ({ configMap: { name } })) } }
                : { configMap: { name: object } }),
        },
        { name: 'tmp', emptyDir: { sizeLimit: tmp } },
        ...(cache === undefined
            ? []
            : [
                  {
                      name: 'cache',
                      emptyDir: because('Larger than the cache: a pod that exceeds this limit is evicted.', {
                          sizeLimit: cache,
                      }),
                  },
              ]),
        ...(podCredentials(settings).folder === undefined
            ? []
            : [{ name: 'credentials', secret: { secretName: object, defaultMode: readableByGroup } }]),
        ...mountedFolders(settings).map(([, files], index) => ({
            name: secretVolume(index),
            projected: {
                defaultMode: readableByGroup,
                sources: sources(files),
            },
        })),
    ]
}

/** The mounts of the volumes in the container. */
export function volumeMounts(settings: Settings): object[] {
    const cacheFolder = storage(settings).cache === undefined ? undefined : settings.cache?.folder
    const credentials = podCredentials(settings).folder
    return [
        { name: 'config', mountPath: nginxFolder, readOnly: true },
        { name: 'tmp', mountPath: '/tmp' },
        ...(cacheFolder === undefined ? [] : [{ name: 'cache', mountPath: cacheFolder }]),
        ...(credentials === undefined ? [] : [{ name: 'credentials', mountPath: credentials, readOnly: true }]),
        ...mountedFolders(settings).map(([folder], index) => ({
            name: secretVolume(index),
            mountPath: folder,
            readOnly: true,
        })),
    ]
}

function secretVolume(index: number): string {
    return `files-${index + 1}`
}

function sources(files: MountedFile[]): object[] {
    const secrets = [...new Set(files.map(({ secret }) => secret))]
    return secrets.map((name) => ({
        secret: {
            name,
            items: files
                .filter(({ secret }) => secret === name)
                .map(({ key, file }) => ({ key, path: path.posix.basename(file) })),
        },
    }))
}
