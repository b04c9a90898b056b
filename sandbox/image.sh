#!/usr/bin/env bash
# Builds the image that the docker backend runs skills in, out of Debian packages that are installed on this machine:
# no registry is asked. Prints the identity to write into skillgate.toml as `sandbox.image`.
#
#   sandbox/image.sh [--engine docker|podman] [--environment DIR] [PACKAGE...]
#
# The image holds Python, its libraries, time zones and certificates: no shell, no package manager, nothing set-uid.
# Further packages (python3-numpy, git) come along with everything they depend on. A virtual environment that was made
# with this machine's /usr/bin/python3 comes along under the same path, which is what `sandbox.python` is set to.
set -euo pipefail

engine=docker
environment=
while true; do
    case ${1:-} in
    --engine) engine=$2 ;;
    --environment) environment=$2 ;;
    *) break ;;
    esac
    shift 2
done
if [ -n "$environment" ]; then
    environment=$(cd "$environment" && pwd)
    case $environment in
    /dev/* | /harness/* | /home/agent/* | /proc/* | /skill/* | /sys/* | /tmp/* | /work/*)
        echo "$environment cannot be seen in a container, which has folders of its own there" >&2
        exit 1
        ;;
    esac
    case $(readlink -f "$environment/bin/python3") in
    /usr/bin/*) ;;
    *)
        echo "$environment was not made with /usr/bin/python3, which is the one in the image" >&2
        exit 1
        ;;
    esac
    # What wheels of compiled libraries rely on beside the C library.
    set -- libstdc++6 "$@"
fi

# A package that is installed, and every installed package it depends on.
closure() {
    local waiting=("$@") package
    local -A seen=()
    while [ ${#waiting[@]} -gt 0 ]; do
        package=${waiting[-1]}
        unset 'waiting[-1]'
        # Set-up tools have done their work on this machine; nothing inside calls them.
        case $package in debconf | dpkg | perl-base | tar | openssl) continue ;; esac
        [ -z "${seen[$package]:-}" ] || continue
        seen[$package]=1
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || continue
        echo "$package"
        mapfile -t -O ${#waiting[@]} waiting < <(
            dpkg-query -W -f='${Pre-Depends},${Depends}' "$package" | tr ',|' '\n\n' |
                sed 's/^ *//; s/[ (:].*//; /^$/d'
        )
    done
}

for package in python3 "$@"; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || {
        echo "the package $package is not installed here" >&2
        exit 1
    }
done

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/usr/{bin,lib,lib64,sbin} "$root"/etc/ssl "$root"/{dev,harness,home/agent,proc,skill,sys,tmp,work}
# An engine that cannot say who owns a file system in memory gives it the mode of the folder beneath.
chmod 1777 "$root"/{harness,home/agent,skill,tmp,work}
for folder in bin lib lib64 sbin; do ln -s "usr/$folder" "$root/$folder"; done

closure python3 tzdata ca-certificates "$@" | sort -u | xargs dpkg -L | sed -n 's|^/\([^.].*\)|\1|p' | sort -u |
    grep -Ev '^(usr/share/(doc|man|lintian|locale|info)|var)(/|$)' |
    tar -C / --no-recursion --ignore-failed-read -cf - -T - 2>/dev/null |
    tar -C "$root" --keep-directory-symlink -xf -
# Made on this machine after the package was unpacked.
[ ! -d /etc/ssl/certs ] || cp -aL --remove-destination /etc/ssl/certs "$root/etc/ssl/"
[ -z "$environment" ] || tar -C / -cf - "${environment#/}" | tar -C "$root" -xf -
find "$root" -xdev -type f -perm /6000 -exec chmod a-s {} +
echo 'root:x:0:0:root:/:/bin/false
agent:x:65534:65534:agent:/home/agent:/bin/false' >"$root/etc/passwd"
echo 'root:x:0:
agent:x:65534:' >"$root/etc/group"
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$root/etc/resolv.conf"
/sbin/ldconfig -r "$root"
"$root/usr/bin/python3" -I -c 'import sys; sys.version_info >= (3, 9) or sys.exit("Python is too old")'

options=()
[ "$engine" != podman ] || options=(--quiet)
identity=$(tar -C "$root" --sort=name --numeric-owner --owner=0 --group=0 -c . |
    "$engine" import "${options[@]}" - skillgate-python)
echo "sha256:${identity##*sha256:}"
