import { rebuild } from '../scripts/index/repair/rebuild.js'
import { PackageIndex } from '../scripts/index/update/package-index.js'
import { publish } from '../scripts/publish/publish.js'
import { openBucket } from '../scripts/s3/bucket.js'

/** What a task cost, as it prints it. */
export interface TaskCost {
    /** S3 requests, each try counted. */
    requests: number
    /** CPU time of the whole program, its start included. Seconds. */
    cpu: number
    /** Wall time of the task. Seconds. */
    seconds: number
    /** The most memory that the program held. MB. */
    memory: number
}

// A program of its own, so that CPU and memory are those of the publisher alone: TASK BUCKET [FILE...]
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
