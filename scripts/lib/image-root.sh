#!/bin/bash
# image-root.sh PROGRAMS TARGET   fills TARGET with what the image holds: the programs, stripped, the shared
# libraries that they load, CA certificates, two accounts, and the licences of all of it. Runs in the image's
# build stage. The same packages give the same bytes: every time stamp is SOURCE_DATE_EPOCH.
set -euo pipefail
programs=$1 target=$2
mkdir -p "$target"/{etc/ssl/certs,usr/bin,usr/lib,usr/share/doc/plimsoll,tmp}
ln -s usr/lib "$target/lib"
ln -s usr/lib "$target/lib64"
chmod 1777 "$target/tmp"

for program in plimsoll plimsoll-controller plimsoll-webhook; do
  strip -o "$target/usr/bin/$program" "$programs/$program"
done
ln -s plimsoll "$target/usr/bin/kubectl-plimsoll"

# Each library by the name that the loader asks for; the loader itself stands in the programs with its full path.
ldd "$target"/usr/bin/plimsoll{,-controller,-webhook} | awk '$2 == "=>" {print $3} $1 ~ /ld-linux/ {print $1}' |
  sort -u >/tmp/libraries
folder=$(dirname "$(grep -m 1 '/libc\.so' /tmp/libraries)")
mkdir -p "$target$(realpath -m "/usr/lib/$(basename "$folder")")"
while read -r library; do
  case $library in
  */ld-linux*) cp -L "$library" "$target/usr/lib/" ;;
  *) cp -L "$library" "$target/usr/lib/$(basename "$folder")/" ;;
  esac
done </tmp/libraries

cp /etc/ssl/certs/ca-certificates.crt "$target/etc/ssl/certs/"
printf 'root:x:0:0:root:/:/sbin/nologin\nplimsoll:x:65532:65532:plimsoll:/:/sbin/nologin\n' >"$target/etc/passwd"
printf 'root:x:0:\nplimsoll:x:65532:\n' >"$target/etc/group"
printf 'hosts: files dns\n' >"$target/etc/nsswitch.conf"

# What is in here and under which terms: a line for each package, and its copyright file.
owner() { dpkg -S "$1" 2>/dev/null || dpkg -S "${1/#\/lib/\/usr\/lib}" 2>/dev/null || dpkg -S "$(realpath "$1")"; }
while read -r library; do owner "$library"; done </tmp/libraries | sed 's/: .*//; s/:.*//' | sort -u >/tmp/owners
echo ca-certificates >>/tmp/owners
sort -u /tmp/owners | while read -r package; do
  dpkg-query -W -f '${Package}\t${Version}\t${source:Package}\t${source:Version}\n' "$package" | head -n 1
  mkdir -p "$target/usr/share/doc/$package"
  cp -L "/usr/share/doc/$package/copyright" "$target/usr/share/doc/$package/"
done >"$target/usr/share/doc/plimsoll/packages.tsv"
cp LICENSE "$target/usr/share/doc/plimsoll/copyright"

find "$target" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-1767225600}" {} +
