/** The normalised name of a project. @see PEP 503 */
const project = '[a-z0-9]+(?:-[a-z0-9]+)*'

/** A name of a project as people write it. @see PyPA, "Names and normalization" */
const writtenProject = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?'

/** A character of a file's name: UTF-8 byte by byte, without slashes and control characters. */
const fileCharacter =
    '(?:[\\x20-\\x2e\\x30-\\x7e]++|[\\xc2-\\xdf][\\x80-\\xbf]|[\\xe0-\\xef][\\x80-\\xbf]{2}|[\\xf0-\\xf4][\\x80-\\xbf]{3})'

/**
 * The URL space, as regular expressions for nginx's locations. They end in `\z`: a `$` would let a line break pass. The
 * whole index is found below `/simple/`, too, which therefore is no project.
 */
export const urlPatterns = {
    /** Sets `$pypi_folder` to the project with its slash, or to nothing for the page of all projects, and `$project`. */
    pagePattern: `^/(?:simple/)?(?!simple/)(?<pypi_folder>(?:(?<project>${project})/)?)(?:index\\.html)?\\z`,
    /** Sets `$pypi_file` to PROJECT/FILE, and `$project`. */
    filePattern: `^/(?:simple/)?(?!simple/)(?<pypi_file>(?<project>${project})/${fileCharacter}+)\\z`,
    /** PROJECT, Proj_ect/, Proj.ect/FILE: not as they are stored. */
    unnormalizedPattern: `^/(?:simple/)?(?!simple(?:/|\\z)|${project}/)${writtenProject}(?:/[^/\\x00-\\x1f\\x7f]*)?\\z`,
} as const
