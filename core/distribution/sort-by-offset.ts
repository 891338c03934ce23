import type { Engine } from '../byte-source.js'
import { inSlices } from './in-slices.js'
import { membersBetweenPauses, membersInSimpleLoop, type ZipMember } from './zip-directory.js'

/** The members in the order of their offsets. Builders write them so; others are merged in slices. */
export async function sortByOffset(members: readonly ZipMember[], engine: Engine): Promise<readonly ZipMember[]> {
    let from = members
    let isSorted = true
    await inSlices(members.length, membersInSimpleLoop, engine, (start, end) => {
        for (let position = Math.max(1, start); position < end; position++) {
            if (members[position - 1]!.offset > members[position]!.offset) isSorted = false
        }
    })
    if (isSorted) return members
    for (let width = 1; width < members.length; width *= 2) {
        const to: ZipMember[] = []
        for (let start = 0; start < from.length; start += 2 * width) {
            merge(from, start, Math.min(start + width, from.length), Math.min(start + 2 * width, from.length), to)
            if (to.length % membersBetweenPauses < 2 * width) await engine.pause()
        }
        from = to
    }
    return from
}

function merge(from: readonly ZipMember[], start: number, middle: number, end: number, to: ZipMember[]): void {
    let left = start
    let right = middle
    while (left < middle || right < end) {
        const isLeft = right === end || (left < middle && from[left]!.offset <= from[right]!.offset)
        to.push(from[isLeft ? left++ : right++]!)
    }
}
