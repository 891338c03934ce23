# For the scripts beside this one, which source it when they have set folder=…: what they start ends, and the folder goes,
# with this shell or with its standard input. So nothing is left behind even where the process that started it was killed.
#
#   start NAME COMMAND…     runs a program in the background; its output is in $folder/NAME.out
#   until_answers TRIES [OPTION…] URL     asks until there is an answer, or the program that was started last has ended
#   fail MESSAGE            ends with the last lines of what was logged
#   serve                   does not return before the standard input ends
pids=()
# What a program is told when it has to go; those that take longer than five seconds are killed.
goodbye=TERM

stop() {
    trap '' TERM INT
    # The last first: a gateway without a cluster would wait for one.
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
        kill -s "$goodbye" "${pids[i]}" 2>/dev/null || true
        for _ in {1..50}; do kill -0 "${pids[i]}" 2>/dev/null || break; sleep 0.1; done
        kill -9 "${pids[i]}" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap stop EXIT
exec 3<&0

start() {
    local name=$1
    shift
    "$@" >"$folder/$name.out" 2>&1 </dev/null 3<&- &
    pids+=($!)
}

fail() {
    echo "$1" >&2
    tail -n 20 "$folder"/*.out "$folder"/log/* >&2 2>/dev/null || true
    exit 1
}

until_answers() {
    local tries=$1 server=${pids[-1]}
    shift
    for ((i = 0; i < tries; i++)); do
        if curl -s -o /dev/null --max-time 5 "$@"; then return 0; fi
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    return 1
}

serve() {
    # In the background, so that a signal gets through; bash gives /dev/null to what runs there, but for a descriptor that
    # it is told.
    cat <&3 >/dev/null &
    wait $!
}
