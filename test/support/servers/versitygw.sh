#!/bin/bash
# A versitygw of its own, which keeps objects as files; loopback only.
#
#   versitygw.sh FOLDER PORT     with PROGRAM, ACCESS_KEY, SECRET_KEY, DOMAIN and REGION in the environment
#
# Prints "ready VERSION" when requests are answered, and serves until its standard input ends: so nothing is left behind even
# where the process that started it was killed.
set -euo pipefail
folder=$1 port=$2
. "$(dirname "$0")/lifetime.sh"

# With the ETags as attributes of the files. Kept apart (--sidecar), one read in four gives an old object with a new ETag
# while it is replaced (core/index/whole-reader.ts); this way one in thousands.
mkdir -p "$folder/objects"
export ROOT_ACCESS_KEY=$ACCESS_KEY ROOT_SECRET_KEY=$SECRET_KEY
start gateway "$PROGRAM" --quiet --keep-alive --health /health \
    --port "127.0.0.1:$port" --region "$REGION" --virtual-domain "$DOMAIN" posix "$folder/objects"
until_answers 100 --fail "http://127.0.0.1:$port/health" || fail 'The gateway does not answer'

echo "ready $("$PROGRAM" --version | sed -nE 's/^Version *: *v?//p')"
serve
