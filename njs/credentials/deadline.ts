/**
 * Rejects when the promise takes longer.
 *
 * The work itself goes on: njs has nothing that could end a request of `ngx.fetch`.
 */
export function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
        const slow = () => reject(new Error('no answer within ' + milliseconds / 1000 + ' seconds'))
        const timer = setTimeout(slow, milliseconds)
        promise.then(
            (value) => {
                clearTimeout(timer)
                resolve(value)
            },
            (error) => {
                clearTimeout(timer)
                reject(error)
            },
        )
    })
}
