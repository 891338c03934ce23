import { createHash, type Hash } from 'node:crypto'
import type { Digest } from './wanted.js'

/** Node's names of hashlib's algorithms. */
const nodeNames: Record<string, string> = {
    ...{ md5: 'md5', sha1: 'sha1', sha224: 'sha224', sha256: 'sha256', sha384: 'sha384', sha512: 'sha512' },
    ...{ blake2b: 'blake2b512', blake2s: 'blake2s256' },
    ...{ sha3_224: 'sha3-224', sha3_256: 'sha3-256', sha3_384: 'sha3-384', sha3_512: 'sha3-512' },
}

/** What a file must be. */
export interface Expected {
    /** All of them must match. */
    all: Digest[]
    /** One of them must match, if there are any: those of all files of a version. */
    anyOf: Digest[]
}

/** The digests whose algorithm is known. */
export function known(digests: readonly Digest[]): Digest[] {
    return digests.filter(({ algorithm }) => nodeNames[algorithm] !== undefined)
}

/** The SHA-256 that a file must have, hex; undefined if only other digests are known. */
export function expectedSha256({ all }: Expected): string | undefined {
    return all.find(({ algorithm }) => algorithm === 'sha256')?.hex
}

/** A digest of the same algorithm with another value. */
export function findOther(digests: readonly Digest[], { algorithm, hex }: Digest): Digest | undefined {
    return digests.find((digest) => digest.algorithm === algorithm && digest.hex !== hex)
}

/** Computes the digests that are compared, and SHA-256. */
export class Hasher {
    readonly #hashes = new Map<string, Hash>()

    constructor(private readonly expected: Expected) {
        for (const { algorithm } of [...expected.all, ...expected.anyOf, { algorithm: 'sha256' }]) {
            if (!this.#hashes.has(algorithm)) this.#hashes.set(algorithm, createHash(nodeNames[algorithm]!))
        }
    }

    update(chunk: Buffer): void {
        for (const hash of this.#hashes.values()) hash.update(chunk)
    }

    /** @returns the SHA-256, and what does not match; undefined if all does */
    finish(): { sha256: string; mismatch: string | undefined } {
        const found = new Map([...this.#hashes].map(([algorithm, hash]) => [algorithm, hash.digest('hex')]))
        const matches = ({ algorithm, hex }: Digest) => found.get(algorithm) === hex
        const wrong = this.expected.all.find((digest) => !matches(digest))
        const { anyOf } = this.expected
        const none = wrong === undefined && anyOf.length > 0 && !anyOf.some(matches) ? anyOf[0] : undefined
        const shown = wrong ?? none
        const mismatch =
            shown &&
            `it has ${shown.algorithm} ${found.get(shown.algorithm)}, ` +
                (wrong ? `${shown.hex} was expected` : 'which is none of those in the lock')
        return { sha256: found.get('sha256')!, mismatch }
    }
}
