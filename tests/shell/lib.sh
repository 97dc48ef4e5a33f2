# shellcheck shell=bash
# What the test scripts share. A script sources this, mounts, and says `ok NAME`, `not ok NAME` or `skip NAME: reason`
# for every test; the mount, the daemon and the directory go with the script, however it ends.
#
#   mount_slots [OPTION,…]       mounts $MAILSLOTFS at $M
#   new [KEY=VALUE…]             a new, empty slot: $S, by name $slot
#   check NAME EXPECTED ACTUAL   one test: two texts are the same
#   holds NAME COMMAND…          one test: the command succeeds within the time limit
#   fails NAME TEXT COMMAND…     one test: the command fails, and its standard error has TEXT
#   skip NAME REASON             one test that cannot be run here
#   have PROGRAM…                all of these are installed
#   within COMMAND…              runs it with the time limit
#   eventually COMMAND…          waits until it succeeds, as long as the time limit
#   drain [SLOT]                 takes all messages: each in brackets, newlines as $
#   sizes [SLOT]                 takes all messages: their sizes
#   info KEY [SLOT]              one attribute or figure
#   finish                        ends the script: status 1 if a test failed
set -u

limit=120  # seconds after which something is broken and not only slow
MAILSLOT_SOURCE=${MAILSLOT_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
MAILSLOTFS=${MAILSLOTFS:-$MAILSLOT_SOURCE/build/mailslotfs}
MAILSLOT=${MAILSLOT:-$MAILSLOT_SOURCE/build/mailslot}
export MAILSLOT_SOURCE MAILSLOTFS MAILSLOT
export LC_ALL=C.UTF-8

work=$(mktemp -d "${TMPDIR:-/tmp}/shell.XXXXXX")
chmod 755 "$work"
M=$work/m
mkdir "$M"
export M work
daemon=
failed=0
slots=0
children=()

clear_away() {
  local pid
  for pid in "${children[@]}" $daemon; do kill "$pid" 2>/dev/null; done
  cd /
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    mountpoint -q "$M" 2>/dev/null || stat "$M" >/dev/null 2>&1 && break
    if [ "$tries" -ge 50 ]; then umount -l "$M" 2>/dev/null || fusermount3 -u -z "$M" 2>/dev/null; fi
    sleep 0.1
  done
  if [ -n "$daemon" ]; then
    for ((tries = 0; tries < 100; tries++)); do
      kill -0 "$daemon" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$daemon" 2>/dev/null
  fi
  mountpoint -q "$M" 2>/dev/null && umount -l "$M"
  rm -rf --one-file-system "$work"
}
trap clear_away EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

ok() { printf 'ok %s\n' "$1"; }
not_ok() {
  printf 'not ok %s\n' "$1"
  failed=1
}
skip() { printf 'skip %s: %s\n' "$1" "$2"; }

have() {
  local program
  for program; do command -v "$program" >/dev/null 2>&1 || return 1; done
}

within() { timeout -k 5 "$limit" "$@"; }

eventually() {
  local end=$((SECONDS + limit))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.05
  done
}

check() {
  if [ "$2" = "$3" ]; then
    ok "$1"
  else
    not_ok "$1"
    printf '  expected: %s\n  was:      %s\n' "${2@Q}" "${3@Q}"
  fi
}

holds() {
  local name=$1 said status
  shift
  if [ "$(type -t "$1")" = file ]; then set -- within "$@"; fi
  said=$("$@" 2>&1) && status=0 || status=$?
  if [ $status -eq 0 ]; then
    ok "$name"
  else
    not_ok "$name"
    printf '  status %s of %s\n  said: %s\n' "$status" "$*" "$said"
  fi
}

fails() {
  local name=$1 text=$2 said status
  shift 2
  if [ "$(type -t "$1")" = file ]; then set -- within "$@"; fi
  said=$("$@" 2>&1 >/dev/null) && status=0 || status=$?
  if [ $status -ne 0 ] && [[ $said == *"$text"* ]]; then
    ok "$name"
  else
    not_ok "$name"
    printf '  status %s of %s\n  said: %s\n  wanted: %s\n' "$status" "$*" "$said" "$text"
  fi
}

mount_slots() {
  if [ ! -c /dev/fuse ]; then
    skip "everything in ${0##*/}" "there is no /dev/fuse"
    exit 0
  fi
  local options=${1:-}
  setpriv --pdeathsig TERM "$MAILSLOTFS" "$M" -f ${options:+-o "$options"} 2>"$work/daemon.log" &
  daemon=$!
  if ! eventually mountpoint -q "$M"; then
    not_ok "mounting with '$options'"
    cat "$work/daemon.log"
    exit 1
  fi
}

new() {
  slots=$((slots + 1))
  slot=slot$slots
  S=$M/$slot
  touch "$S"
  local each
  for each; do echo "$each" >"$M/.info/$slot"; done
}

info() {
  local line
  while IFS= read -r line; do
    if [ "${line%%=*}" = "$1" ]; then
      echo "${line#*=}"
      return
    fi
  done <"$M/.info/${2:-$slot}"
}
info_is() { [ "$(info "$1" "${3:-$slot}")" = "$2" ]; }

# A read of 2 MB takes one whole message.
drain() {
  local from=${1:-$S} text=
  until info_is next_size -1 "${from#"$M"/}"; do
    text=$(dd if="$from" bs=2M count=1 status=none | tr '\n' '$')
    printf '[%s]' "$text"
  done
}

sizes() {
  local from=${1:-$S} next all=
  while next=$(info next_size "${from#"$M"/}") && [ "$next" != -1 ]; do
    all+=" $(dd if="$from" bs=2M count=1 status=none | wc -c)"
  done
  echo "${all# }"
}

finish() { exit $failed; }
