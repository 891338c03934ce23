#!/bin/bash
# Unpacks the nginx of a Debian suite, with njs and all libraries, into a new folder:
#   debian-root.sh SUITE FOLDER
# Nothing of it is configured, and nothing runs in it: its own loader starts nginx from there. See TEST_NGINX_ROOT in
# test/support/nginx.ts.
set -euo pipefail
suite=$1
folder=$2

mkdir -p "$folder"
# Without the check, since a testing suite's index can expire before the next one is made. In a session of its own:
# when mmdebstrap fails it ends its whole process group.
setsid --wait mmdebstrap --quiet --variant=extract --include=nginx,libnginx-mod-http-js \
    --aptopt='Acquire::Check-Valid-Until "false"' "$suite" "$folder" http://deb.debian.org/debian
# mmdebstrap keeps the folder to itself; nginx's workers are another user.
chmod 755 "$folder"
