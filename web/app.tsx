import { normalizeName } from '../core/project-name.js'
import { render } from 'preact'
import { addressed, projectUrl, searchUrl } from './address.js'
import { ListPage } from './list-page.js'
import { ProjectPage } from './project-page.js'
import { isName } from './read-index.js'

const asked = addressed()
const page = document.getElementById('page')!

if (asked === undefined) {
    render(<ListPage />, page)
} else if (!isName(normalizeName(asked.name))) {
    // Nothing is requested, linked or offered to copy for a name that a stranger's link may have invented.
    location.replace(searchUrl(''))
} else {
    const name = normalizeName(asked.name)
    // The address of a project is its normalised name.
    if (name !== asked.name) history.replaceState(null, '', projectUrl(name, asked.version))
    render(<ProjectPage name={name} version={asked.version} />, page)
}
