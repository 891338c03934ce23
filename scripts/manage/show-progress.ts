import type { ScanProgress } from '../index/repair/scan.js'

/** A line on a terminal that is written over as the walk through an index goes on. */
export interface ScanLine {
    update(progress: ScanProgress): void
    end(): void
}

/**
 * Shows how far a walk is, and how long it will take; quiet where no terminal reads it.
 *
 * @param expected how many projects the index has, as far as is known
 */
export function showScan(stream: NodeJS.WriteStream, expected: number | undefined): ScanLine {
    const start = performance.now()
    return {
        update({ projects, files }) {
            if (!stream.isTTY) return
            const seconds = (performance.now() - start) / 1000
            const left = expected && expected > projects ? ((expected - projects) * seconds) / projects : 0
            const estimate = left >= 1 ? `, about ${Math.ceil(left)} s left` : ''
            stream.write(`\r\x1b[K${projects} of ${expected ?? '?'} projects, ${files} files${estimate}`)
        },
        end() {
            if (stream.isTTY) stream.write('\r\x1b[K')
        },
    }
}
