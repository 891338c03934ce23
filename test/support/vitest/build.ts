import { build } from '../../../scripts/setup/build.js'

/** The integration tests run what is built: the njs script and the programs. */
export default function setup(): void {
    if (process.env.TEST_NO_BUILD === undefined) build()
}
