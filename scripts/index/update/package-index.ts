import { PackageIndex as IndexOfBucket } from '../../../core/index/package-index.js'
import type { Bucket } from '../../s3/bucket.js'
import { nodePlatform } from '../stored/stored-page.js'

/** The index in a bucket, for Node.js. */
export class PackageIndex extends IndexOfBucket<Bucket> {
    /** @param warn called at most once, if the server lacks conditional writes */
    constructor(bucket: Bucket, warn: (message: string) => void = () => {}) {
        super(bucket, nodePlatform, warn)
    }
}
