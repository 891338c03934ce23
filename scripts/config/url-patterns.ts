/**
 * The normalised name of a project. Possessive quantifiers ("++") avoid backtracking: nginx tries these patterns on each
 * request, and a failing match that backtracks costs as much as the rest of the request.
 *
 * @see PEP 503
 */
const project = '[a-z0-9]++(?:-[a-z0-9]++)*+'

/** A project name before normalisation. @see PyPA, "Names and normalization" */
const writtenProject = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?'

/** A UTF-8 character outside ASCII, byte by byte. The script could not distinguish invalid bytes from one another. */
const wideCharacter =
    '[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|\\xed[\\x80-\\x9f][\\x80-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|' +
    '\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}'

/** Files that browsers and crawlers request from any site: not projects, so never redirected to another index. */
const siteFiles =
    'favicon\\.ico|robots\\.txt|sitemap\\.xml|ads\\.txt|security\\.txt|humans\\.txt|manifest\\.json|site\\.webmanifest|' +
    'browserconfig\\.xml|crossdomain\\.xml|(?:apple-touch-icon|favicon|mstile)[^/]*\\.png'

/** A character of a file name: neither a slash nor a control character. */
const fileCharacter = `(?:[\\x20-\\x2e\\x30-\\x7e]++|${wideCharacter})`

/**
 * The URL space as regular expressions for nginx's locations. They end in `\z`, since `$` also matches before a line break.
 * The whole index is also served below `/simple/`, so `simple` cannot be a project.
 */
export const urlPatterns = {
    /** Sets `$project`, and `$pypi_folder` to PROJECT/, or to an empty string for the project list. */
    pagePattern: `^/(?:simple/)?(?!simple/)(?<pypi_folder>(?:(?<project>${project})/)?)(?:index\\.html)?\\z`,
    /** Sets `$pypi_file` to PROJECT/FILE, and `$project`. Excludes index.json and yank marks, which clients must not read. */
    filePattern: `^/(?:simple/)?(?!simple/)(?<pypi_file>(?<project>${project})/(?!index\\.json\\z)${fileCharacter}+)(?<!\\.yanked)\\z`,
    /** The cache's requests for pages and files: sets `$s3_object` to the key. */
    objectPattern: `^/(?<s3_object>(?:[\\x20-\\x7e]++|${wideCharacter})+)\\z`,
    /** URLs to normalise: PROJECT, Proj_ect/, Proj.ect/FILE. */
    unnormalizedPattern: `^/(?:simple/)?(?!simple(?:/|\\z)|${project}/|(?:${siteFiles})\\z)${writtenProject}(?:/${fileCharacter}*+)?\\z`,
} as const
