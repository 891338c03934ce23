import type { Settings } from '../config/settings.js'

/** Room for nginx's pid and for what it holds back of a request, in MiB. */
const temporary = 64

/** Pages that the cache keeps beside the files, in MiB: max_size in site.conf. */
const pages = 256

/**
 * How far, in MiB, nginx may go beyond the size of its cache: it looks every ten seconds, in which 1 Gbit/s brings
 * 1.2 GB; and what it is about to throw away may still be read.
 */
const overshoot = 2048

/** What the pod may write: quantities of Kubernetes. A pod that writes more is evicted. */
export interface Storage {
    tmp: string
    /** Undefined where the cache has no folder of its own. */
    cache: string | undefined
    /** Without it a pod would come to a node whose disk is too small. */
    request: { 'ephemeral-storage': string } | undefined
}

/** The room for the cache: its size, a fifth more, and at least what nginx may go beyond it. */
export function storage({ cache }: Settings): Storage {
    if (cache === undefined) return { tmp: quantity(temporary), cache: undefined, request: undefined }
    const size = mebibytes(cache.size) + pages
    const room = Math.ceil(size + Math.max(overshoot, size / 5))
    const request = { 'ephemeral-storage': quantity(room + temporary) }
    return cache.folder === '/tmp'
        ? { tmp: quantity(room + temporary), cache: undefined, request }
        : { tmp: quantity(temporary), cache: quantity(room), request }
}

/** @param size as nginx takes it: 512m, 10g */
function mebibytes(size: string): number {
    const unit = { k: 1 / 1024, m: 1, g: 1024 }[size.slice(-1) as 'k' | 'm' | 'g']
    return Number(size.slice(0, -1)) * unit
}

function quantity(mebibytes: number): string {
    return `${mebibytes}Mi`
}
