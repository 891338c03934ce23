import { expect, test } from 'vitest'
import { redirectTarget } from '../../../njs/normalized-name-redirect.js'

test.each([
    ['/Proj_ect', 'proj-ect/'],
    ['/Proj_ect/', '../proj-ect/'],
    ['/simple/Proj_ect', 'proj-ect/'],
    ['/simple/Proj.ect/', '../proj-ect/'],
    ['/Simple_Json/', '../simple-json/'],
    ['/Proj_ect/A_b-1.0+Cu.whl', '../proj-ect/A_b-1.0%2BCu.whl'],
    ['/simple/Proj_ect/ü b', '../proj-ect/%C3%BC%20b'],
    ['/arrow', 'arrow/'],
])('%s redirects to %s', (uri, location) => {
    expect(redirectTarget(uri)).toBe(location)
})
