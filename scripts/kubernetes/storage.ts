import type { Settings } from '../config/settings.js'

/** Space for nginx's pid file and buffered requests, in MiB. */
const own = 64

/** Size of the page cache, which is separate from the file cache, in MiB: max_size in site.conf. */
const pages = 256

/** The two caches for pages of the public index, in MiB: each has this max_size in site.conf. */
const publicPages = 2 * 2048

/**
 * How far nginx may exceed the size of its cache, in MiB: it checks the size every ten seconds, in which 1 Gbit/s adds
 * 1.2 GB, and deleted files stay on the disk while they are read.
 */
const overshoot = 2048

/** Storage limits of the pod, as Kubernetes quantities. A pod that writes more is evicted. */
export interface Storage {
    tmp: string
    /** Undefined when the cache has no separate volume. */
    cache: string | undefined
    /** Keeps the pod off nodes whose disk is too small. */
    request: { 'ephemeral-storage': string } | undefined
}

/** Uploads at the same time whose bodies have room. */
const simultaneousUploads = 4

/** The storage for the pod: the cache gets its size plus 20 %, and at least plus `overshoot`. */
export function storage({ cache, upload, public: index }: Settings): Storage {
    const bodies = upload === undefined ? 0 : simultaneousUploads * Math.ceil(mebibytes(upload.maxSize))
    const temporary = own + bodies
    const requested = bodies === 0 ? undefined : { 'ephemeral-storage': quantity(temporary) }
    if (cache === undefined) return { tmp: quantity(temporary), cache: undefined, request: requested }
    const size = mebibytes(cache.size) + pages + (index === undefined ? 0 : publicPages)
    const room = Math.ceil(size + Math.max(overshoot, size / 5))
    const request = { 'ephemeral-storage': quantity(room + temporary) }
    return cache.folder === '/tmp'
        ? { tmp: quantity(room + temporary), cache: undefined, request }
        : { tmp: quantity(temporary), cache: quantity(room), request }
}

/** @param size in nginx's syntax: 512m, 10g */
function mebibytes(size: string): number {
    const unit = { k: 1 / 1024, m: 1, g: 1024 }[size.slice(-1) as 'k' | 'm' | 'g']
    return Number(size.slice(0, -1)) * unit
}

function quantity(mebibytes: number): string {
    return `${mebibytes}Mi`
}
