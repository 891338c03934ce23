import { createHash } from 'node:crypto'
import type {
    BoundedBucket,
    Condition,
    ListedObject,
    ListingStart,
    ObjectContent,
    ObjectHead,
    ObjectHeaders,
    PutResult,
} from '../../../../core/index/objects.js'

interface Stored {
    body: Buffer
    etag: string
    headers: ObjectHeaders
}

/** A bucket in memory, with conditional writes, in which every request takes one turn of the event loop or more. */
export class MemoryBucket implements BoundedBucket {
    isAws = true
    readonly objects = new Map<string, Stored>()
    requests: string[] = []
    /** Called before each request; may throw, like a server that fails. */
    onRequest: (request: string) => void = () => {}

    async get(key: string): Promise<ObjectContent | undefined> {
        await this.turn(`GET ${key}`)
        const stored = this.objects.get(key)
        if (stored === undefined) return undefined
        const { body, etag, headers } = stored
        return { body, etag, contentEncoding: headers.contentEncoding, metadata: headers.metadata ?? {} }
    }

    async head(key: string): Promise<ObjectHead | undefined> {
        await this.turn(`HEAD ${key}`)
        const stored = this.objects.get(key)
        if (stored === undefined) return undefined
        const { headers } = stored
        const metadata = headers.metadata ?? {}
        return { ...listed(key, stored), metadata, contentEncoding: headers.contentEncoding }
    }

    async put(key: string, body: Uint8Array, headers: ObjectHeaders, condition: Condition): Promise<PutResult> {
        await this.turn(`PUT ${key}`)
        const now = this.objects.get(key)?.etag
        if (now !== (condition === 'absent' ? undefined : condition.etag)) return { outcome: 'refused' }
        return { outcome: 'written', etag: this.store(key, body, headers) }
    }

    async write(key: string, body: Uint8Array, headers: ObjectHeaders): Promise<string> {
        await this.turn(`PUT ${key}`)
        return this.store(key, body, headers)
    }

    async delete(keys: readonly string[]): Promise<void> {
        for (const key of keys) {
            await this.turn(`DELETE ${key}`)
            this.objects.delete(key)
        }
    }

    async *list(start = ''): AsyncGenerator<ListedObject> {
        await this.turn(`LIST ${start}`)
        for (const [key, stored] of this.objects) if (key.startsWith(start)) yield listed(key, stored)
    }

    async folders(): Promise<string[]> {
        return [
            ...new Set([...this.objects.keys()].filter((key) => key.includes('/')).map((key) => key.split('/')[0]!)),
        ]
    }

    async listStart(folder: string, most: number): Promise<ListingStart> {
        await this.turn(`LIST ${folder}/`)
        const inside = [...this.objects].filter(([key]) => key.startsWith(folder))
        const names = inside.map(([key]) => key.slice(folder.length))
        const folders = [...new Set(names.filter((name) => name.includes('/')).map((name) => name.split('/')[0]!))]
        const objects = inside
            .filter((_object, at) => !names[at]!.includes('/'))
            .map(([key, stored]) => listed(key, stored))
        const isComplete = folders.length + objects.length <= most
        return { folders: folders.slice(0, most), objects: objects.slice(0, most), isComplete }
    }

    private store(key: string, body: Uint8Array, headers: ObjectHeaders): string {
        const etag = createHash('md5').update(body).digest('hex')
        this.objects.set(key, { body: Buffer.from(body), etag, headers })
        return etag
    }

    private async turn(request: string): Promise<void> {
        this.requests.push(request)
        this.onRequest(request)
        for (let turns = 1 + Math.floor(Math.random() * 3); turns > 0; turns--) {
            await new Promise((resolve) => setImmediate(resolve))
        }
    }
}

function listed(key: string, { body, etag }: Stored): ListedObject {
    return { key, size: body.length, etag, lastModified: new Date(0) }
}
