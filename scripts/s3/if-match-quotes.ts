/**
 * Detects whether If-Match needs quotes: RFC 9110 requires them, Ceph 16 rejects them. The first form that succeeds is
 * kept. Until then, a refused form is replaced by the other one if the object had not changed.
 */
export class IfMatchForm {
    #quoted: boolean | undefined
    #refused: { id: string; quoted: boolean } | undefined

    /**
     * Sends a conditional request, and learns from its outcome.
     *
     * @param etag without quotes
     * @param send called with the value of If-Match
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
