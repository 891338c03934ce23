/** Signs one chunk of an aws-chunked body; resolves to the expected signature, in hex. */
export interface ChunkSigner {
    /** @param previous the previous signature @param sha256 of the chunk's data, in hex */
    signChunk(previous: string, sha256: string): Promise<string>
    signTrailer(previous: string, sha256: string): Promise<string>
    /** The signature of the headers, the first in the chain. */
    readonly seed: string
}

/** A verified signature's claim about the body. */
export type PayloadClaim =
    | { readonly kind: 'unsigned' }
    /** @property sha256 in hex */
    | { readonly kind: 'sha256'; readonly sha256: string }
    /** Content encoding aws-chunked. @property signer undefined for unsigned chunks */
    | { readonly kind: 'chunked'; readonly signer: ChunkSigner | undefined; readonly trailer: boolean }
