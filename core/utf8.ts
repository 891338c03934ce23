/** Both engines have it; the language's own types do not. @see WHATWG Encoding */
declare const TextDecoder: new (
    label: string,
    options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string }
declare const TextEncoder: new () => { encode(text: string): Uint8Array }

let strict: InstanceType<typeof TextDecoder> | undefined

/** Decodes UTF-8, with a byte order mark as a character; undefined for other bytes. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
    strict ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    try {
        return strict.decode(bytes)
    } catch {
        strict = undefined
        return undefined
    }
}

/** Decodes bytes for a message: those that are not UTF-8 become U+FFFD. */
export function decodeUtf8Lossily(bytes: Uint8Array): string {
    return new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes)
}

export function encodeUtf8(text: string): Uint8Array {
    return new TextEncoder().encode(text)
}
