import type { ScanProgress } from '../index/repair/scan.js'

/** A progress line of a scan on a terminal. */
export interface ScanLine {
    update(progress: ScanProgress): void
    end(): void
}

/**
 * Shows the progress of a scan and the estimated time left; silent if `stream` is not a terminal.
 *
 * @param expected number of projects in the index, if known
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
