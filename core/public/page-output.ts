import { UnreadablePage } from './unreadable-page.js'

/** A part of the output that is not sent yet. */
interface Piece {
    bytes: Uint8Array
    /** Whether it is of the list of files. */
    isOfFiles: boolean
    /** The member whose value it is, of which the files decide that follow. */
    deferred: string | undefined
}

/** Output of this size is sent at the end, when all of the page has been understood: an error is then a status. Bytes. */
const maxHeld = 512 * 1024

/** The output of a filter: ranges of its input, which is not changed, and what is put between them. */
export class PageOutput {
    private bytes: Uint8Array
    /** Up to here, the input is added or left out. */
    private taken = 0
    private isOfFiles = false
    private pieces: Piece[] = []
    private heldSize = 0
    private deferredCount = 0
    private hasSentFiles = false

    constructor(
        empty: Uint8Array,
        private readonly send: (bytes: Uint8Array) => void,
    ) {
        this.bytes = empty
    }

    /** The input is this now, from here. */
    begin(bytes: Uint8Array, from: number): void {
        this.bytes = bytes
        this.taken = from
    }

    /** Adds the input up to here. */
    keep(to: number): void {
        if (to > this.taken) this.add(this.bytes.subarray(this.taken, to), undefined)
        this.taken = to
    }

    leaveOut(from: number, to: number): void {
        this.keep(from)
        this.taken = to
    }

    replace(from: number, to: number, bytes: Uint8Array): void {
        this.leaveOut(from, to)
        this.add(bytes, undefined)
    }

    /** Replaces a range by what `finish` is told. */
    defer(from: number, to: number, member: string): void {
        this.leaveOut(from, to)
        this.deferredCount++
        this.add(this.bytes.subarray(from, to), member)
    }

    beginFiles(at: number): void {
        this.keep(at)
        this.isOfFiles = true
    }

    endFiles(at: number): void {
        this.keep(at)
        this.isOfFiles = false
    }

    /** Sends what has been added, unless it has to wait. */
    flush(): void {
        if (this.deferredCount === 0 && this.heldSize > maxHeld) this.sendPieces(false)
    }

    /**
     * Sends the rest.
     *
     * @param valueOf a member whose value was deferred
     * @param withoutFiles leaves the files out
     * @throws UnreadablePage if files have been sent that should be left out
     */
    finish(valueOf: (member: string, value: Uint8Array) => Uint8Array, withoutFiles: boolean): void {
        if (withoutFiles && this.hasSentFiles) {
            throw new UnreadablePage('it is quarantined, which it says after many files')
        }
        this.pieces.forEach((piece) => {
            if (piece.deferred !== undefined) piece.bytes = valueOf(piece.deferred, piece.bytes)
        })
        this.sendPieces(withoutFiles)
    }

    private add(bytes: Uint8Array, deferred: string | undefined): void {
        this.pieces.push({ bytes, isOfFiles: this.isOfFiles, deferred })
        this.heldSize += bytes.length
    }

    private sendPieces(withoutFiles: boolean): void {
        const { pieces } = this
        this.pieces = []
        this.heldSize = 0
        for (let index = 0; index < pieces.length; index++) {
            const { bytes, isOfFiles } = pieces[index]!
            if (isOfFiles && withoutFiles) continue
            if (isOfFiles) this.hasSentFiles = true
            this.send(bytes)
        }
    }
}
