# shellcheck shell=bash
# The programs that the test bed runs, where they come from, and the cache folder that they are built into once.
# A tool's folder is named after the content of its module (go.mod, go.sum, our own sources): another version is
# another folder, and an old one is never taken for a new one.

# name|module of tests/testbed/modules|package
tool_table='
bedtool|bedtool|.
etcd|etcd|go.etcd.io/etcd/server/v3
kube-apiserver|kubernetes|k8s.io/kubernetes/cmd/kube-apiserver
kube-controller-manager|kubernetes|k8s.io/kubernetes/cmd/kube-controller-manager
kubectl|kubernetes|k8s.io/kubernetes/cmd/kubectl
kube-proxy|node|k8s.io/kubernetes/cmd/kube-proxy
kube-scheduler|node|k8s.io/kubernetes/cmd/kube-scheduler
kubelet|node|k8s.io/kubernetes/cmd/kubelet
trillian|sigstore|./trillian
timestamp|sigstore|./timestamp
cosign|sigstore|github.com/sigstore/cosign/v3/cmd/cosign
fulcio|sigstore|github.com/sigstore/fulcio
rekor-server|sigstore|github.com/sigstore/rekor/cmd/rekor-server
rekor-tiles|sigstore|github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix
rekor-cli|sigstore|github.com/sigstore/rekor/cmd/rekor-cli
ct_server|ctlog|github.com/google/certificate-transparency-go/trillian/ctfe/ct_server
cosign2|cosign2|github.com/sigstore/cosign/v2/cmd/cosign
helm|helm|helm.sh/helm/v3/cmd/helm
crane|crane|github.com/google/go-containerregistry/cmd/crane
policy-controller|policy-controller|github.com/sigstore/policy-controller/cmd/webhook
'
kubernetes_version=1.36.3 # as in the go.mod of modules/kubernetes and modules/node; the programs are told at link time
kubernetes_minimum=1.36.0
etcd_minimum=3.6.0

tool_modules=$PLIMSOLL_ROOT/tests/testbed/modules
tool_cache=$PLIMSOLL_CACHE/tools

tool_field() { # tool_field NAME 2|3
  local line
  line=$(grep "^$1|" <<<"$tool_table") || die "no tool is called $1"
  cut -d '|' -f "$2" <<<"$line"
}

tool_built_path() {
  local module key
  module=$(tool_field "$1" 2)
  key=$(cd "$tool_modules/$module" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c 1-12)
  echo "$tool_cache/$module-$key/$1"
}

# A Kubernetes tool of the machine's own, where it is recent enough: KUBEBUILDER_ASSETS first, then the PATH.
tool_on_machine() {
  local name=$1 minimum=$kubernetes_minimum folder found have
  case $name in
  etcd) minimum=$etcd_minimum ;;
  kube-apiserver | kube-controller-manager | kubectl) ;;
  *) return 1 ;;
  esac
  for folder in ${KUBEBUILDER_ASSETS:+"$KUBEBUILDER_ASSETS"} ''; do
    if [ -n "$folder" ]; then found=$folder/$name; else found=$(command -v "$name" || true); fi
    [ -x "${found:-/nonexistent}" ] || continue
    if [ "$name" = kubectl ]; then
      have=$("$found" version --client 2>/dev/null | sed -n 's/^Client Version: v\([0-9][0-9.]*\).*/\1/p')
    else
      have=$("$found" --version 2>/dev/null | sed -n '1s/^[^0-9]*\([0-9][0-9.]*\).*/\1/p')
    fi
    if [ -n "$have" ] && at_least "$minimum" "$have"; then
      echo "$found"
      return 0
    fi
    [ -x "$(tool_built_path "$name")" ] ||
      say "  $found is version ${have:-unknown}, not $minimum or later: not used"
  done
  return 1
}

# Sets tool_path[NAME] for each tool, building those that are neither on the machine nor in the cache.
declare -A tool_path=()

need_tools() {
  local name wanted=() path
  for name in "$@"; do
    [ -z "${tool_path[$name]:-}" ] || continue
    case $name in
    docker-registry) need_unpacked docker-registry docker-registry docker-registry && continue ;;
    prometheus | promtool) need_unpacked "$name" prometheus "$name" && continue ;;
    containerd) need_unpacked containerd containerd containerd && continue ;;
    runc) need_unpacked runc runc runc && continue ;;
    cni-plugins) need_unpacked cni-plugins containernetworking-plugins /usr/lib/cni/bridge && continue ;;
    alertmanager) need_unpacked "$name" prometheus-alertmanager prometheus-alertmanager && continue ;;
    redis) need_redis && continue ;;
    esac
    path=$(tool_on_machine "$name") || path=$(tool_built_path "$name")
    tool_path[$name]=$path
    [ -x "$path" ] || wanted+=("$name")
  done
  [ ${#wanted[@]} -eq 0 ] || build_tools "${wanted[@]}"
}

build_tools() {
  local go name began=$SECONDS count=0
  mkdir -p "$tool_cache"
  # One build at a time: a second caller waits, and then finds the tools made.
  exec 8>"$tool_cache/lock"
  flock -n 8 || { say "  waiting for another build of the test bed's tools"; flock 8; }
  go=$(find_go)
  say "Building $# tool(s) of the test bed, once, into $tool_cache (all of them take some 15 minutes on 2 cores):"
  for name in "$@"; do
    count=$((count + 1))
    [ -x "${tool_path[$name]}" ] ||
      quietly "$count of $#: $name" "$PLIMSOLL_CACHE/log/build-$name.log" build_tool "$go" "$name" ||
      die "$name could not be built"
  done
  say "  tools ready after $((SECONDS - began)) s"
  exec 8>&-
}

build_tool() {
  local go=$1 name=$2 module package flags='-s -w' path=${tool_path[$2]}
  module=$(tool_field "$name" 2)
  package=$(tool_field "$name" 3)
  if [ "$module" = kubernetes ] || [ "$module" = node ]; then
    local set='-X k8s.io/component-base/version.'
    flags="$flags ${set}gitVersion=v$kubernetes_version ${set}gitMajor=1 ${set}gitMinor=$(cut -d . -f 2 <<<"$kubernetes_version")"
  fi
  if [ "$module" = helm ]; then
    # Which Kubernetes a chart is rendered for where no cluster is asked.
    local set='-X helm.sh/helm/v3/pkg/chartutil.k8sVersion'
    flags="$flags ${set}Major=1 ${set}Minor=$(cut -d . -f 2 <<<"$kubernetes_version")"
  fi
  mkdir -p "$(dirname "$path")"
  (
    cd "$tool_modules/$module"
    GOTOOLCHAIN=local GOWORK=off GOFLAGS=-mod=readonly CGO_ENABLED=0 \
      nice "$go" build -trimpath -buildvcs=false -ldflags "$flags" -o "$path.new" "$package"
  ) && mv "$path.new" "$path"
}

# need_unpacked NAME PACKAGE PROGRAM   a program of Debian without its service: the package is unpacked into the cache
# folder, not installed.
need_unpacked() {
  local folder=$tool_cache/$2
  if command -v "$3" >/dev/null; then
    tool_path[$1]=$(command -v "$3")
    return 0
  fi
  tool_path[$1]=$folder/usr/bin/$3
  case $3 in
  runc) tool_path[$1]=$folder/usr/sbin/runc ;;
  /*) tool_path[$1]=$folder$3 ;;
  esac
  [ ! -x "${tool_path[$1]}" ] || return 0
  quietly "unpacking the package $2" "$PLIMSOLL_CACHE/log/$2.log" unpack_package "$2" "$folder" ||
    die "the package $2 could not be fetched; install it by hand: apt-get install $2"
}

unpack_package() {
  rm -rf "$2" "$2.new"
  mkdir -p "$2.new"
  (
    cd "$2.new"
    apt-get download "$1" || { as_root apt-get update && apt-get download "$1"; }
    dpkg-deb -x ./*.deb . && rm ./*.deb
  ) && mv "$2.new" "$2"
}

# Redis without its service: the server is the same program as redis-check-rdb, told by the name it is run as.
need_redis() {
  if command -v redis-server >/dev/null; then
    tool_path[redis]=$(command -v redis-server)
    return 0
  fi
  command -v redis-check-rdb >/dev/null || install_packages testbed
  mkdir -p "$tool_cache/redis"
  tool_path[redis]=$tool_cache/redis/redis-server
  ln -sf "$(command -v redis-check-rdb)" "${tool_path[redis]}"
}
