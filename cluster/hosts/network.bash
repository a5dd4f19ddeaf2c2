# Hosts on this machine, each with a host name, an address, processes and empty folders of its own, and
# cables between them: read by the scripts beside it. All of it lives in namespaces that end with the
# script, however it ends. Needs root and iproute2; without them it is said, and the script ends with 0.
skip() {
  echo "Hosts: skipped, $1"
  exit 0
}

if [ "${1-}" != --inside ]; then
  commands=$(realpath "${1:-.build/release}")
  [ "$(id -u)" -eq 0 ] || skip 'because only root can make networks'
  PATH=$PATH:/usr/sbin:/sbin
  for program in ip unshare nsenter timeout; do
    command -v "$program" >/dev/null || skip "there is no $program"
  done
  unshare --mount --net --uts --ipc --pid --fork ip link add bridge type bridge 2>/dev/null \
    || skip 'because this system makes no namespaces or bridges'
  [ -x "$commands/tl-coord" ] || { echo "there is no tl-coord in $commands; run make" >&2; exit 69; }
  exec timeout --foreground --kill-after=5 900 \
    unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc "cluster/hosts/${0##*/}" --inside "$commands"
fi

commands=$2
here=$PWD/cluster/hosts
# Everything that is written lies here, in memory, and is seen by nobody outside.
mount -t tmpfs tmpfs /srv
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /srv/commands /srv/log /srv/coordinator
mount --bind "$commands" /srv/commands
cd /srv
exec 3>&1
ip link set lo up
ip link add bridge type bridge
ip link set bridge up

give_up() {
  {
    echo "Hosts: $1"
    tail -n 15 /srv/log/*
    tail -n 5 /srv/runs/*/progress.jsonl
  } >&3 2>&1
  exit 1
}

until_true() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || give_up "$what: not within the time"
    sleep 0.3
  done
}

# host NAME: a host without a cable yet.
host() {
  ip netns add "$1"
  ip -n "$1" link set lo up
}
# plug HOST ADDRESS/BITS [BRIDGE]: a cable from a host to the bridge, and the host's address.
plug() {
  ip link add "$1" type veth peer name eth0 netns "$1"
  ip link set "$1" master "${3:-bridge}" up
  # Nobody else has the address: no waiting until that is sure.
  ip netns exec "$1" sysctl -q -w net.ipv6.conf.eth0.accept_dad=0 2>/dev/null || true
  ip -n "$1" address add "$2" dev eth0
  ip -n "$1" link set eth0 up
}
unplug() { ip link del "$1"; }

# on HOST COMMAND...: with folders and processes of its own, and nothing in its environment but $given.
given=()
on() {
  local name=$1
  shift
  # shellcheck disable=SC2016
  exec nsenter --net="/run/netns/$name" unshare --uts --mount --ipc --pid --fork --kill-child --mount-proc \
    env -i PATH=/srv/commands:/usr/bin:/bin HOME=/root "${given[@]}" sh -c '
      hostname "$0"
      mount -t tmpfs tmpfs /tmp
      mount -t tmpfs tmpfs /root
      mount -t tmpfs tmpfs /run
      case $0 in
      worker*) mount -t tmpfs tmpfs /srv/runs ;;
      esac
      exec "$@"' "$name" "$@"
}

# coordinator RUN LISTEN OPTIONS...
coordinator() {
  local run=$1 listen=$2
  shift 2
  given=(HOME=/srv/coordinator)
  (on coordinator tl-coord start --run "$run" --listen "$listen" --local-workers 0 --cache off \
    --progress plain "$@") >"/srv/log/$run" 2>&1 &
  coordinator=$!
  until_true 60 'the coordinator' test -s "/srv/runs/$run/progress.jsonl"
}
declare -A worker
# join NUMBER ADDRESS OPTIONS...
join() {
  local number=$1
  shift
  given=("TL_TOKEN=$token")
  (on "worker$number" tl-worker join "$@" --quiet) >>"/srv/log/worker$number" 2>&1 &
  worker[$number]=$!
}
log() { echo "/srv/runs/$1/progress.jsonl"; }
digest() { sed -n 's/.*"event":"finished".*"head_sha256":"\([0-9a-f]*\)".*/\1/p' "$(log "$1")" | tail -n 1; }
reached() { grep -q "\"event\":\"epoch\".*\"epoch\":$2\\b" "$(log "$1")"; }
events() { grep -c "\"event\":\"$2\".*\"worker\":\"${3-}" "$(log "$1")" || true; }
at_least() { [ "$(events "$1" "$2" "$3")" -ge "$4" ]; }
alone() {
  HOME=/srv/coordinator /srv/commands/tl-coord start --progress none --cache off --listen 127.0.0.1:0 "$@" >/dev/null \
    || give_up "the run on one machine failed: $*"
}
gone() { ! kill -0 "$1" 2>/dev/null; }
# finish SECONDS RUN REFERENCE WHAT: the coordinator ends, the digest is the same, workers end by themselves.
finish() {
  until_true "$1" "$4" gone "$coordinator"
  wait "$coordinator" || give_up "$4: the coordinator ended with $?"
  [ "$(digest "$2")" = "$(digest "$3")" ] || give_up "$4: $(digest "$2"), and on one machine $(digest "$3")"
  local n
  for n in "${!worker[@]}"; do
    until_true 30 "$4: worker$n goes home" gone "${worker[$n]}"
    wait "${worker[$n]}" || give_up "$4: worker$n ended with $?"
    unset "worker[$n]"
  done
  echo "ok: $4" >&3
}

