#!/bin/sh
# fetch.sh PACKAGE: prints a directory that holds the pristine upstream source
# of a Debian source package, downloading it the first time.
#
# It reads the machine's own apt sources with "deb" turned into "deb-src" in a
# private copy (apt's lists too), so nothing under /etc or /var is altered and
# no privileges are needed. Only the upstream tarball is unpacked, without
# Debian's patches: the builds that the tests make are upstream's.
#
# The cache is ${XDG_CACHE_HOME:-~/.cache}/buildgraph-test; delete it to fetch
# anew. Needs apt-get, tar, xz, flock (Debian: apt, tar, xz-utils, util-linux).
set -eu

package=${1:?usage: fetch.sh PACKAGE}
cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/buildgraph-test
tree=$cache/$package

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

if [ -d "$tree" ]; then
	printf '%s\n' "$tree"
	exit 0
fi

work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

# deb_src writes a deb-src copy of the machine's sources into $1, one file each.
deb_src() {
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$f" ] && sed -n 's/^deb\(-src\)\{0,1\}\([[:space:]]\)/deb-src\2/p' "$f" | sort -u >"$1/$(basename "$f")"
	done
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -f "$f" ] && sed 's/^Types:.*/Types: deb-src/' "$f" >"$1/$(basename "$f")"
	done
	# apt reads only *.list and *.sources in a parts directory.
	if [ -f "$1/sources.list" ]; then mv "$1/sources.list" "$1/main.list"; fi
}

apt() {
	apt-get -qq \
		-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/parts" \
		-o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" \
		-o APT::Sandbox::User= -o APT::Update::Post-Invoke-Success::= "$@" >&2
}

mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial" "$work/get" "$work/tree"
deb_src "$work/parts"
# Another vendor's source that does not answer is no obstacle: the download
# below says what is really missing.
apt update || echo "fetch.sh: apt-get update had failures; going on" >&2
(cd "$work/get" && apt source --download-only "$package")
tar -x --strip-components=1 -C "$work/tree" -f "$work/get/"*.orig.tar.*[!c]
mv "$work/tree" "$tree"
printf '%s\n' "$tree"
