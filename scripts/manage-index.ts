#!/usr/bin/env node
import { createProgram, runProgram } from './cli/program.js'
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
import { addBucketOptions } from './s3/bucket-options.js'

const program = createProgram('manage-index', 'Lists, repairs, checks, yanks and removes what is in a package index.')

const command = (words: string, description: string) =>
    addBucketOptions(
        program
            .command(words)
            .description(description)
            .showHelpAfterError(`Try: manage-index ${words.split(' ')[0]} --help`),
    ).option('--json', 'print the result for a machine')

command('list <bucket> [project]', 'list the projects, or the files of one').action(listCommand)
command('rebuild <bucket> [project...]', "make the pages anew from the bucket's objects")
    .option('--dry-run', 'show what would change, and write nothing')
    .option('--deep', 'download every file, whatever is known of it')
    .action(rebuildCommand)
command('verify <bucket> [project...]', 'compare the pages with the objects; status 1 when something is wrong')
    .option('--deep', 'download every file and compare its hash and its metadata')
    .action(verifyCommand)
command('yank <bucket> <project> <version-or-file>', 'keep files out of new installs that do not pin them')
    .option('--reason <text>', 'why, as installers will show it')
    .action(yankCommand)
command('unyank <bucket> <project> <version-or-file>', 'take a yank back').action(unyankCommand)
command('remove <bucket> <project> [version-or-file...]', 'remove files, or a whole project, for good')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show what would be removed, and remove nothing')
    .option('--release-name', 'also give up the name of a project without files; nginx may fall back for it then')
    .action(removeCommand)
command('status <bucket> <project> <status>', 'mark a project: active, archived, deprecated or quarantined (PEP 792)')
    .option('--reason <text>', 'why, as installers will show it')
    .action(statusCommand)
program
    .command('token <user>')
    .description("make a long random password, and its line for nginx's password file (--htpasswd)")
    .option('--line', 'print only the line on stdout, to be appended to the file; the token goes to stderr')
    .option('--json', 'print the result for a machine')
    .showHelpAfterError('Try: manage-index token --help')
    .action(tokenCommand)

program.addHelpText(
    'after',
    `
Examples:
  manage-index list my-pypi
  manage-index rebuild my-pypi --dry-run
  manage-index verify my-pypi --deep
  manage-index yank my-pypi acme 1.0 --reason 'loses data, use 1.0.1'
  manage-index remove my-pypi acme acme-1.0-py3-none-any.whl
  manage-index token ci --line >> htpasswd
  manage-index status my-pypi acme quarantined --reason 'malware in 1.0'

Credentials are found as the AWS command line finds them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, the
role of the machine.`,
)

await runProgram(program)
