import { rebuild } from '../scripts/index/repair/rebuild.js'
import { PackageIndex } from '../scripts/index/update/package-index.js'
import { publish } from '../scripts/publish/publish.js'
import { openBucket } from '../scripts/s3/bucket.js'

/** The cost of a task, which the program prints as JSON. */
export interface TaskCost {
    /** S3 requests, retries included. */
    requests: number
    /** CPU time of the whole program, its start included. Seconds. */
    cpu: number
    /** Wall time of the task. Seconds. */
    seconds: number
    /** The peak of the resident memory. MiB. */
    memory: number
}

// Arguments: TASK BUCKET [FILE...]. A separate program, so that CPU time and memory are those of the publisher alone.
const [task, name, ...files] = process.argv.slice(2)
const bucket = openBucket({ bucket: name! })
const started = performance.now()
if (task === 'publish') await publish(bucket, files)
else await rebuild(new PackageIndex(bucket), {})
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
const cost: TaskCost = {
    requests: bucket.requests,
    cpu: (userCPUTime + systemCPUTime) / 1e6,
    seconds: (performance.now() - started) / 1000,
    memory: maxRSS / 1024,
}
process.stdout.write(JSON.stringify(cost))
