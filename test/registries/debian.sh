#!/usr/bin/env bash
# Puts Debian's docker-registry into a directory: the one that is installed, or else the one of the archive that the machine's
# apt is set up with. It installs nothing and needs no root: apt gets a state of its own.
#
#   debian.sh DIR
set -euo pipefail

dir=$1
program=$dir/docker-registry
if [[ -x $program ]]; then
  exit
fi
mkdir -p "$dir"
if installed=$(command -v docker-registry); then
  ln -sf "$installed" "$program"
  exit
fi
for needed in apt-get dpkg; do
  if ! command -v "$needed" > /dev/null; then
    echo "there is no docker-registry on this machine, and no $needed to get it with" >&2
    exit 1
  fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"
: > "$work/status" # no package is installed for apt to think of
apt=(apt-get -q "-oDir::State=$work/state" "-oDir::State::status=$work/status" "-oDir::Cache=$work/cache" -oAPT::Sandbox::User=)
"${apt[@]}" update
(cd "$work" && "${apt[@]}" download docker-registry)
dpkg -x "$work"/docker-registry_*.deb "$work/unpacked"
mv "$work/unpacked/usr/bin/docker-registry" "$program"
