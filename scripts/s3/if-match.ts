/**
 * Whether If-Match needs the quotes that RFC 9110 asks for: Ceph 16 refuses them. The form that succeeded is kept; until
 * then, one that was refused although the object had not changed makes way for the other.
 */
export class IfMatchForm {
    #quoted: boolean | undefined
    #refused: { id: string; quoted: boolean } | undefined

    /**
     * Sends a conditional request, and learns from what becomes of it.
     *
     * @param etag without quotes
     * @param send gets the value of If-Match
     */
    async send<Result extends { outcome: string }>(
        key: string,
        etag: string,
        send: (ifMatch: string) => Promise<Result>,
    ): Promise<Result> {
        const id = `${key}\n${etag}`
        const quoted = this.#quoted ?? (this.#refused?.id === id && !this.#refused.quoted)
        const result = await send(quoted ? `"${etag}"` : etag)
        if (result.outcome === 'written') this.#quoted = quoted
        if (result.outcome === 'refused') this.#refused = { id, quoted }
        return result
    }
}
