#!/usr/bin/env node
import { createProgram, runProgram } from './cli/program.js'
import { downloadsCommand } from './manage/downloads.js'
import {
    listCommand,
    rebuildCommand,
    removeCommand,
    statusCommand,
    tokenCommand,
    unyankCommand,
    verifyCommand,
    yankCommand,
} from './manage/commands.js'
import { mirrorCommand } from './manage/mirror-command.js'
import { addBucketOptions } from './s3/bucket-options.js'

const program = createProgram(
    'manage-index',
    'Lists, verifies, repairs, yanks, removes and mirrors the packages of an index.',
)

const command = (words: string, description: string) =>
    addBucketOptions(
        program
            .command(words)
            .description(description)
            .showHelpAfterError(`Try: manage-index ${words.split(' ')[0]} --help`),
    ).option('--json', 'print the result as JSON')

command('list <bucket> [project]', 'list the projects, or the files of one')
    .option('--long', 'with the files of a project: who uploaded each of them through nginx')
    .action(listCommand)
command('rebuild <bucket> [project...]', 'rebuild the pages from the objects in the bucket')
    .option('--dry-run', 'show the changes, but write nothing')
    .option('--deep', 'download every file instead of using stored metadata')
    .action(rebuildCommand)
command('verify <bucket> [project...]', 'compare the pages with the objects; exit status 1 if they differ')
    .option('--deep', 'download every file and compare its hash and metadata')
    .action(verifyCommand)
command('yank <bucket> <project> <version-or-file>', 'exclude files from new installs that do not pin them')
    .option('--reason <text>', 'the reason that installers show')
    .action(yankCommand)
command('unyank <bucket> <project> <version-or-file>', 'undo a yank').action(unyankCommand)
command('remove <bucket> <project> [version-or-file...]', 'permanently remove files or a whole project')
    .option('--yes', 'do not ask for confirmation')
    .option('--dry-run', 'show the files, but remove nothing')
    .option(
        '--release-name',
        'also release the name of a project without files, so that --fallback or --public applies to it',
    )
    .action(removeCommand)
command('status <bucket> <project> <status>', 'mark a project: active, archived, deprecated or quarantined (PEP 792)')
    .option('--reason <text>', 'the reason that installers show')
    .action(statusCommand)
command('mirror <bucket> [project...]', 'copy files of another index, verified by their hashes')
    .requiredOption('--from <url>', 'the simple index to copy from: https://pypi.org/simple/')
    .option('--requirements <file>', 'copy what a pinned requirements file names', append)
    .option('--lock <file>', 'copy what uv.lock, pylock.toml, poetry.lock, pdm.lock or Pipfile.lock names', append)
    .option('--all', 'copy all projects of the source')
    .option('--dry-run', 'show the files and their sizes, but copy nothing')
    .option('--jobs <count>', 'files copied at the same time', '4')
    .option('--merge', 'copy into projects that have files of another origin')
    .option('--accept-unhashed', 'copy files for which neither the source nor a lock has a hash')
    .action(mirrorCommand)
addBucketOptions(
    program
        .command('downloads <log...>')
        .description("count downloads in nginx's access logs: files, plain or gzip, or - for the standard input")
        .option('--project <name>', 'show one project, with its versions')
        .option('--since <day>', 'from this day on: 2026-11-27')
        .option('--until <day>', 'up to this day')
        .option('--json', 'print all counts as JSON')
        .option('--svg <file>', 'draw them: an SVG file')
        .option('--publish <bucket>', 'add them to the counts that the pages of the index show; counts no log twice'),
)
    .showHelpAfterError('Try: manage-index downloads --help')
    .action(downloadsCommand)
program
    .command('token <user>')
    .description("generate a random password and its line for nginx's password file, or sign a token")
    .option('--projects <pattern...>', "sign a token that uploads these projects, instead: 'acme-*'")
    .option('--read', 'sign a token that reads, instead')
    .option('--expires <time>', 'when the signed token expires: 90d, 12h (default: 90d)')
    .option('--token-keys <file>', 'keys that nginx verifies it with (default: PYPI_TOKEN_KEYS in the environment)')
    .option('--line', 'print only the line to stdout, for appending to the file; the token goes to stderr')
    .option('--json', 'print the result as JSON')
    .showHelpAfterError('Try: manage-index token --help')
    .action(tokenCommand)

function append(file: string, files: string[] = []): string[] {
    return [...files, file]
}

program.addHelpText(
    'after',
    `
Examples:
  manage-index list my-pypi
  manage-index rebuild my-pypi --dry-run
  manage-index verify my-pypi --deep
  manage-index yank my-pypi acme 1.0 --reason 'loses data, use 1.0.1'
  manage-index remove my-pypi acme acme-1.0-py3-none-any.whl
  manage-index mirror my-pypi --from https://pypi.org/simple/ --lock uv.lock
  manage-index mirror my-pypi --from https://devpi.example.com/root/prod/+simple/ --all --dry-run
  manage-index token ci --line >> htpasswd
  manage-index token ci --projects 'acme-*' --expires 90d --token-keys token-keys
  manage-index token laptop --read --expires 30d --token-keys token-keys
  manage-index downloads /var/log/nginx/access.log* --publish my-pypi
  manage-index status my-pypi acme quarantined --reason 'malware in 1.0'

Credentials are searched for as in the AWS CLI: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, the role of the
machine.`,
)

await runProgram(program)
