# shellcheck shell=bash
# The distribution's packages that the project needs, in groups, and the one place that installs them. The names
# are those of Debian 12; Ubuntu 24.04 has the same ones.
packages_build=(
  build-essential ccache cmake git ninja-build pkg-config
  libbenchmark-dev libboost-dev libcpprest-dev libcurl4-openssl-dev libexpected-dev libgmock-dev libgtest-dev
  libjemalloc-dev libre2-dev libssl-dev libyaml-cpp-dev prometheus-cpp-dev rapidjson-dev
)
packages_testbed=(ca-certificates curl iproute2 iptables jq openssl python3 python3-pip redis-tools)
packages_checks=(clang-format-14 clang-tidy-14)
packages_deploy=(buildah debootstrap python3-yaml)
packages_node=(procps socat util-linux)
packages_fuzz=(clang-14 libclang-rt-14-dev llvm-14)

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# install_packages GROUP...   installs what is missing of the groups, and says so before
install_packages() {
  local group package missing=()
  for group in "$@"; do
    local -n names=packages_$group
    for package in "${names[@]}"; do
      if ! dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed; then
        missing+=("$package")
      fi
    done
  done
  if [ ${#missing[@]} -eq 0 ]; then
    return 0
  fi
  say "These packages of your distribution are missing and will be installed with apt-get:"
  printf '%s ' "${missing[@]}" | fold -s -w 96 | sed 's/^/    /' >&2
  say ""
  command -v apt-get >/dev/null || die "there is no apt-get here; install what these packages hold, then run this again"
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    die "that needs root or sudo; as root:  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  fi
  local log=$PLIMSOLL_CACHE/log/packages.log
  if [ "$(id -u)" -ne 0 ]; then
    sudo -v || die "sudo was refused"
  fi
  quietly "reading the package lists" "$log" as_root apt-get update || true
  quietly "installing ${#missing[@]} packages" "$log" \
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" ||
    die "the packages could not be installed"
}
