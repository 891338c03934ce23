import { printable } from '../cli/output.js'
import { formatSize } from '../../core/format-size.js'

/** A progress line on a terminal. */
export interface Progress {
    update(progress: { filename: string; sent: number; size: number }): void
    /** Prints a line above it. */
    print(line: string): void
    /** Clears the line. */
    end(): void
}

/** Shows upload progress; silent if `stream` is not a terminal. */
export function showProgress(stream: NodeJS.WriteStream): Progress {
    const sent = new Map<string, { sent: number; size: number }>()
    const clear = () => {
        if (stream.isTTY) stream.write('\r\x1b[K')
    }
    return {
        update({ filename, ...progress }) {
            if (!stream.isTTY) return
            sent.set(filename, progress)
            const total = [...sent.values()].reduce((sum, { size }) => sum + size, 0)
            const done = [...sent.values()].reduce((sum, file) => sum + file.sent, 0)
            const percent = total === 0 ? 100 : Math.floor((100 * done) / total)
            const line = `${percent} % of ${formatSize(total)}  ${filename}`
            clear()
            stream.write(printable(line).slice(0, stream.columns - 1))
        },
        print(line) {
            clear()
            stream.write(printable(line) + '\n')
        },
        end: clear,
    }
}
