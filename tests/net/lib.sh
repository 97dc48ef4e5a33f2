# shellcheck shell=bash
# What the network tests share, on top of tests/shell/lib.sh: a lab of network namespaces (scripts/netlab) with computers
# of ours in them. All of it goes with the script, however it ends, SIGKILL included: its processes are in a pid
# namespace, and its mounts, the names of its network namespaces among them, in a mount namespace of its own.
#
#   lab [KIND [NS…]]            builds the namespaces $srv, $a, $b and NS…, at $LAB_NET.1, .11, .12 and so on; KIND `samba`: for
#                               a test that needs Samba's programs; `up`: with its nmbd LABSRV, domain controller of
#                               LABGROUP, in $srv; `ours` (by default): without any
#   computer NS NAME [OPTION,…] mounts the node NAME of LABGROUP in a namespace, at $work/NAME
#   node NS NAME [OPTION,…]     the same, but what it is called is its own matter
#   inside NS COMMAND…          runs it there
#   inbox NAME SLOT             a new slot of that computer that lets the network in
#   takes NAME SLOT TEXT        the next message there comes in time, and is TEXT
#   counter NAME KEY            one of .net/counters
#   torture NS NAME TEST        Samba's judge says that NAME, asked from there, passes
if [ -n "${MAILSLOT_NET_WORLD:-}" ]; then
  unset MAILSLOT_NET_WORLD
  mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns
  # Copies of other mounts would keep daemons busy that have nothing to do with this.
  while read -r _ place type _; do
    [ "$type" != fuse.mailslotfs ] || umount -l "$place"
  done </proc/mounts
else
  world=(unshare --mount --pid --fork --kill-child --mount-proc --)
  if "${world[@]}" true 2>/dev/null; then MAILSLOT_NET_WORLD=1 exec "${world[@]}" "$0" "$@"; fi
fi
# shellcheck source=../shell/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../shell/lib.sh"

netlab=$MAILSLOT_SOURCE/scripts/netlab
lab=$work/lab
srv=ms$$s a=ms$$a b=ms$$b
octet=$(($$ % 200 + 20))
export LAB_NET=10.79.$octet
computers=() mounts=()

clear_lab() {
  local pid mount
  for pid in "${computers[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in "${computers[@]}"; do wait "$pid" 2>/dev/null; done
  for mount in "${mounts[@]}"; do mountpoint -q "$mount" && umount -l "$mount" 2>/dev/null; done
  [ ! -e "$lab/lab.env" ] || "$netlab" down "$lab" >/dev/null
  clear_away
}
trap clear_lab EXIT

lab() {
  local missing='' kind=${1:-ours}
  [ "$(id -u)" = 0 ] || missing='not root'
  [ -c /dev/fuse ] || missing='there is no /dev/fuse'
  have ip nsenter || missing='iproute2 is not installed'
  [ "$kind" = ours ] || have nmbd nmblookup net smbtorture python3 || missing='samba, samba-testsuite or python3 is not installed'
  if [ -z "$missing" ]; then
    if ip netns add "ms$$t" 2>/dev/null; then ip netns del "ms$$t"; else missing='network namespaces are not allowed here'; fi
  fi
  if [ -n "$missing" ]; then
    skip "everything in ${0##*/}" "$missing"
    exit 0
  fi
  local no_nmbd=1
  [ "$kind" != up ] || no_nmbd=
  if ! LAB_NO_NMBD=$no_nmbd LAB_WAIT=none "$netlab" up "$lab" "$srv" "$a" "$b" "${@:2}" >"$work/lab.log" 2>&1; then
    not_ok "building the lab"
    cat "$work/lab.log"
    exit 1
  fi
  [ -n "$no_nmbd" ] || eventually grep -q "Added netbios name LABSRV<00>" "$lab/srv/log/log.nmbd"
}

# nsenter, not `ip netns exec`: that would hide the mount in a mount namespace of its own.
inside() {
  local ns=$1
  shift
  nsenter --net="/run/netns/$ns" "$@"
}

owns_its_names() {
  local names
  names=$(cat "$work/$1/.net/names") && [ -n "$names" ] && ! grep -qv 'state=owned$' <<<"$names"
}

computer() { node "$1" "$2" "name=$2,domain=LABGROUP${3:+,$3}"; }

node() {
  local ns=$1 name=$2 options=${3:-}
  mkdir -p "$work/$name"
  mounts+=("$work/$name")
  inside "$ns" setpriv --pdeathsig TERM "$MAILSLOTFS" "$work/$name" -f \
    -o "net=netbios${options:+,$options}" 2>"$work/$name.log" &
  computers+=("$!")
  eventually mountpoint -q "$work/$name" || { not_ok "mounting $name"; cat "$work/$name.log"; exit 1; }
}

inbox() {
  touch "$work/$1/$2"
  echo remote=allow >"$work/$1/.info/$2"
}

next() { timeout "$limit" cat "$work/$1/.as/file+wait/$2"; }
takes() { [ "$(next "$1" "$2")" = "$3" ]; }
counter() { sed -n "s/^$2=//p" "$work/$1/.net/counters"; }

torture() {
  # It makes a directory where it runs.
  (cd "$work" && inside "$1" smbtorture -s "$lab/peer.conf" "//$2/x" "$3" --option='name resolve order=bcast' -U%) \
    >"$work/torture.log" 2>&1
  grep -q "^success: ${3##*.}" "$work/torture.log"
}
