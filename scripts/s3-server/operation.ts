import type { ObjectStorage } from './object-storage.js'
import type { S3Request, S3Response } from './request.js'

/** What the operations work on. */
export interface Service {
    readonly storage: ObjectStorage
    readonly region: string
}

/** One operation of the S3 API, given a request whose signature was verified. @throws S3Error */
export type Operation = (service: Service, request: S3Request) => S3Response | Promise<S3Response>
