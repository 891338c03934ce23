import type { ObjectStorage } from './object-storage.js'
import type { S3Request, S3Response } from './request.js'

/** The context of the operations. */
export interface Service {
    readonly storage: ObjectStorage
    readonly region: string
}

/** One operation of the S3 API, for a request with a verified signature. @throws S3Error */
export type Operation = (service: Service, request: S3Request) => S3Response | Promise<S3Response>
