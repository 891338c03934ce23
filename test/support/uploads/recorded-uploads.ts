import { startFaultProxy, type Fate, type FaultProxy } from '../upstreams/fault-proxy.js'
import { startUploadIndex, type UploadIndex } from './upload-index.js'

/** An index that takes uploads, with what S3 sees of them. */
export interface RecordedUploads extends UploadIndex {
    proxy: FaultProxy
    /** What becomes of requests to S3; `pass` unless a test changes it. */
    decide: () => Fate | Promise<Fate>
    /** Method and key of each request to S3 since `forget`. */
    seen(): [method: string, key: string][]
    forget(): void
}

export async function startRecordedUploads(
    options: Parameters<typeof startUploadIndex>[0] = {},
): Promise<RecordedUploads> {
    let proxy: FaultProxy | undefined
    const recorded: { decide: RecordedUploads['decide'] } = { decide: () => 'pass' }
    const uploads = await startUploadIndex(options, {
        endpoint: async (s3) => {
            proxy = await startFaultProxy(s3.endpoint, () => recorded.decide())
            return proxy.endpoint
        },
    })
    const stop = async (): Promise<void> => {
        await uploads.stop()
        await proxy!.close()
    }
    const keyOf = (url: string) => decodeURIComponent(url).slice(`/${uploads.bucket.name}/`.length)
    return Object.assign(recorded, {
        ...uploads,
        proxy: proxy!,
        stop,
        seen: () => proxy!.requests.map(({ method, url }): [string, string] => [method, keyOf(url)]),
        forget: () => void (proxy!.requests.length = 0),
    })
}
