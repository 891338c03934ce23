/** Signs one chunk of an aws-chunked body; resolves to the signature that must accompany it, in hex. */
export interface ChunkSigner {
    /** @param previous the signature before it @param sha256 of the chunk's data, in hex */
    signChunk(previous: string, sha256: string): Promise<string>
    signTrailer(previous: string, sha256: string): Promise<string>
    /** The signature of the headers, from which the chain starts. */
    readonly seed: string
}

/** What a verified signature says about the body that follows. */
export type PayloadClaim =
    | { readonly kind: 'unsigned' }
    /** @property sha256 in hex */
    | { readonly kind: 'sha256'; readonly sha256: string }
    /** Content encoding aws-chunked. @property signer undefined where the chunks are unsigned */
    | { readonly kind: 'chunked'; readonly signer: ChunkSigner | undefined; readonly trailer: boolean }
