#!/bin/bash
# A versitygw of its own, which keeps objects as files; loopback only.
#
#   versitygw.sh FOLDER PORT     with PROGRAM, ACCESS_KEY, SECRET_KEY, DOMAIN and REGION in the environment
#
# Prints "ready VERSION" when requests are answered, and serves until its standard input ends: so nothing is left behind even
# where the process that started it was killed.
set -euo pipefail
folder=$1 port=$2
pid=

stop() {
    trap '' TERM INT
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    for _ in {1..50}; do [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
exec 3<&0

# With the ETags as attributes of the files. Kept apart (--sidecar), one read in four gives an old object with a new ETag
# while it is replaced (scripts/s3/whole-object.ts); this way one in thousands.
mkdir -p "$folder/objects"
ROOT_ACCESS_KEY=$ACCESS_KEY ROOT_SECRET_KEY=$SECRET_KEY "$PROGRAM" --quiet --keep-alive --health /health \
    --port "127.0.0.1:$port" --region "$REGION" --virtual-domain "$DOMAIN" \
    posix "$folder/objects" >"$folder/out" 2>&1 </dev/null &
pid=$!
answers=
for _ in {1..100}; do
    if curl -sf -o /dev/null --max-time 5 "http://127.0.0.1:$port/health"; then answers=1; break; fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
if [ -z "$answers" ]; then
    tail -n 20 "$folder/out" >&2
    exit 1
fi

echo "ready $("$PROGRAM" --version | sed -nE 's/^Version *: *v?//p')"
# Until the standard input ends. In the background, so that a signal gets through; bash gives /dev/null to what runs
# there, but for a descriptor that it is told.
cat <&3 >/dev/null &
wait $!
