#!/bin/bash
# Builds the image of the Dockerfile with buildah, without a container engine and without a registry.
#   image.sh build         prints the image's name, after building it where sources changed
#   image.sh again         builds it once more, from nothing but the base, and fails when it is not the same image
#   image.sh push ADDRESS  pushes it to a registry that speaks plain HTTP, prints the digest
# The base image is Debian's own packages by debootstrap, under the name that the Dockerfile asks for; where the
# Dockerfile's real base can be pulled, it is not needed.
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"
. "$PLIMSOLL_ROOT/scripts/lib/packages.sh"

store=$PLIMSOLL_CACHE/image
base=docker.io/library/debian:bookworm-slim
name=localhost/plimsoll:test

mkdir -p "$store"
cat >"$store/storage.conf" <<TOML
[storage]
driver = "overlay"
runroot = "$store/run"
graphroot = "$store/graph"
TOML
echo 'unqualified-search-registries = ["docker.io"]' >"$store/registries.conf"
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$store/policy.json"
export CONTAINERS_STORAGE_CONF=$store/storage.conf CONTAINERS_REGISTRIES_CONF=$store/registries.conf
policy=(--signature-policy "$store/policy.json")

make_base() {
  local container
  buildah inspect --type image "$base" >/dev/null 2>&1 && return
  if [ ! -d "$store/rootfs" ]; then
    rm -rf "$store/rootfs.new"
    quietly "debootstrap: a base image" "$PLIMSOLL_CACHE/log/debootstrap.log" \
      as_root debootstrap --variant=minbase bookworm "$store/rootfs.new"
    mv "$store/rootfs.new" "$store/rootfs"
  fi
  rm -rf "$store"/rootfs/var/cache/apt/archives/*.deb "$store"/rootfs/var/lib/apt/lists/*
  tar -C "$store/rootfs" -cf "$store/rootfs.tar" .
  container=$(buildah from "${policy[@]}" scratch)
  buildah add -q "$container" "$store/rootfs.tar" / >/dev/null
  rm "$store/rootfs.tar"
  buildah config --cmd '["bash"]' --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  buildah commit -q --rm "${policy[@]}" "$container" "$base" >/dev/null
}

# One build at a time: they share the base, the log and the store.
alone() {
  exec 9>"$store/lock"
  flock 9
}

# build NAME LOG buildah's own flags...
build() {
  local version
  version=$(sed -n 's/^project(plimsoll VERSION \([0-9.]*\).*/\1/p' "$PLIMSOLL_ROOT/CMakeLists.txt")
  quietly "building the image $1" "$PLIMSOLL_CACHE/log/$2.log" \
    nice buildah build --isolation chroot "${policy[@]}" --timestamp 1767225600 \
    --build-arg "VERSION=$version" "${@:3}" -t "$1" "$PLIMSOLL_ROOT"
}

# The layers of an image and what it is started with: what its digest is made of.
identity() { buildah inspect --type image --format '{{.FromImageID}}' "$1"; }

case ${1:-} in
build)
  install_packages deploy
  alone
  make_base
  cache=()
  folder=$(ccache --get-config cache_dir 2>/dev/null || true)
  [ ! -d "$folder" ] || cache=(--volume "$folder:/root/.cache/ccache")
  build "$name" image --layers "${cache[@]}"
  echo "$name"
  ;;
again)
  alone
  build "$name-again" image-again --layers --no-cache
  first=$(identity "$name") second=$(identity "$name-again")
  [ "$first" = "$second" ] || die "not the same image: $name is $first, $name-again is $second"
  buildah rmi "$name-again" >/dev/null
  echo "$first"
  ;;
push)
  buildah push -q "${policy[@]}" --tls-verify=false --digestfile "$store/digest" "$name" "docker://${2:?ADDRESS}"
  cat "$store/digest"
  echo
  ;;
run) # run PROGRAM ARGUMENTS...   in the image, as its own user, its root read-only
  container=$(buildah from "${policy[@]}" --pull-never "$name")
  trap 'buildah rm "$container" >/dev/null' EXIT
  buildah run --isolation chroot --user 65532:65532 "$container" -- "${@:2}"
  ;;
mount) # prints where the image's root is; ends with `umount`
  container=$(buildah from "${policy[@]}" --pull-never --name plimsoll-look "$name")
  buildah mount "$container"
  ;;
umount) buildah rm plimsoll-look >/dev/null ;;
*) die "usage: image.sh build | again | push ADDRESS | run PROGRAM ... | mount | umount" ;;
esac
