# shellcheck shell=bash
# Processes of the test bed, each known by its id and its start time, in $state/run. A process is only ever
# stopped by that pair: an id that the kernel gave to somebody else meanwhile is left alone.

start_time() { # of a process id; empty when there is none
  # The name in parentheses may hold spaces; what follows its end is regular, and the 20th of that is the time.
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# Prints the id of a live process of ours.
pid_of() {
  local pid started
  [ -f "$state/run/$1.pid" ] || return 1
  read -r pid started <"$state/run/$1.pid" || return 1
  [ -n "${started:-}" ] && [ "$(start_time "$pid")" = "$started" ] && [ "$(state_of "$pid")" != Z ] || return 1
  echo "$pid"
}

state_of() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c 1; }

# launch NAME command...   starts a process in its own session; its output goes to $state/log/NAME.log, and how it
# was started to $state/run/NAME.cmd, so that the very same process can be started again
launch() {
  local name=$1 pid
  shift
  printf 'cd %q && launch %q ' "$PWD" "$name" >"$state/run/$name.cmd"
  printf '%q ' "$@" >>"$state/run/$name.cmd"
  # 9 is the lock of the state folder: a process that kept it would block the next command.
  setsid "$@" >>"$state/log/$name.log" 2>&1 </dev/null 9>&- 8>&- &
  pid=$!
  echo "$pid $(start_time "$pid")" >"$state/run/$name.pid"
}

# await NAME SECONDS command...   until the command holds; fails when the process ends first
await() {
  local name=$1 deadline=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! pid_of "$name" >/dev/null; then
      say "  $name ended; the end of $state/log/$name.log:"
      tail -n 8 "$state/log/$name.log" | cut -c 1-400 | sed 's/^/    /' >&2
      return 1
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      say "  $name was not ready in time; the end of $state/log/$name.log:"
      tail -n 8 "$state/log/$name.log" | cut -c 1-400 | sed 's/^/    /' >&2
      return 1
    fi
    sleep 0.05
  done
}

# halt SECONDS NAME...   asks all of them to end, waits, and kills what is left
halt() {
  local patience=$1 name pid
  shift
  for name in "$@"; do
    if pid=$(pid_of "$name"); then
      kill "$pid" 2>/dev/null || true
      kill -CONT "$pid" 2>/dev/null || true
    fi
  done
  local deadline=$((SECONDS + patience))
  for name in "$@"; do
    while pid=$(pid_of "$name"); do
      if [ "$SECONDS" -ge "$deadline" ]; then
        kill -KILL "$pid" 2>/dev/null || true
      fi
      sleep 0.05
    done
    rm -f "$state/run/$name.pid"
  done
}

answers() { curl -fsk --max-time 2 -o /dev/null "$1"; }

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Sets the named variables to free ports, below the range that the kernel gives to outgoing connections.
free_ports() {
  local variable port taken=' '
  for variable in "$@"; do
    while :; do
      port=$((20000 + RANDOM % 12000))
      [[ $taken != *" $port "* ]] && ! listens "$port" && break
    done
    taken="$taken$port "
    printf -v "$variable" %s "$port"
  done
}
