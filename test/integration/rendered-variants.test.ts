import { test } from 'vitest'
import { describeWhere } from '../support/machine/requirements.js'
import { expectTidyFiles, renderedVariants } from '../support/variants/rendered-variants.js'

const missing = process.env.CI === 'true' ? undefined : 'CI=true is not set, and a sample is among the unit tests'

describeWhere('all combinations of options', missing, () => {
    test.each(renderedVariants)('what a careful administrator would have written: %s', (_name, options) => {
        expectTidyFiles(options)
    })
})
