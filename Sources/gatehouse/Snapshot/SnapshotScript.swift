/// The POSIX shell script that collects a host snapshot; `gatehouse snapshot` runs the same one here.
enum SnapshotScript {
    static let text = #"""
        #!/bin/sh
        # Collects what a simulation of this host's firewall needs to know, for `gatehouse --host`.
        #
        #   sh snapshot.sh FILE.tar.gz              one archive
        #   sh snapshot.sh FOLDER                   a folder that isn't there yet, or is empty
        #   ssh root@HOST sh -s <snapshot.sh >FILE.tar.gz
        #
        # It changes nothing. Rules and sets are for root only. What can't be had is said on standard error
        # and in snapshot.txt. Exit codes: 0 done, 1 there were no rules to be had, 2 usage, 3 can't write.

        set -u
        umask 077
        LC_ALL=C
        PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
        export LC_ALL PATH

        say() { printf 'snapshot: %s\n' "$1" >&2; }

        die() {
            say "$2"
            exit "$1"
        }

        # Notes are lines `note TEXT`, what is missing lines `missing FILE: WHY`.
        note() {
            say "$1"
            printf 'note %s\n' "$1" >>"$made/snapshot.txt"
        }

        miss() {
            say "no $1: $2"
            printf 'missing %s: %s\n' "$1" "$2" >>"$made/snapshot.txt"
        }

        # FILE COMMAND…: FILE becomes what COMMAND prints; there is none if COMMAND fails.
        take() {
            file=$1
            shift
            if ! command -v "$1" >/dev/null 2>&1; then
                miss "$file" "$1: not found"
            elif "$@" >"$made/$file" 2>"$work/error" </dev/null; then
                # That of other rules is looked at where rules are taken.
                warning=$(grep -v '^# Warning: iptables-legacy' "$work/error" | head -n 1)
                if [ -n "$warning" ]; then note "$file: $warning"; fi
            else
                rm -f "$made/$file"
                why=$(head -n 1 "$work/error")
                miss "$file" "${why:-$* failed}"
            fi
        }

        has_rules() { grep -q '^\*' "$1" 2>/dev/null; }

        # FILE PROGRAM NAMES: the rules of one family. A kernel may run those of iptables-legacy and those of
        # iptables-nft at once; NAMES is where it lists the tables of the former.
        take_rules() {
            take "$1" "$2-save"
            rm -f "$work/legacy" "$work/nft"
            if [ -n "$(cat "$3" 2>/dev/null)" ]; then "$2-legacy-save" >"$work/legacy" 2>/dev/null </dev/null; fi
            "$2-nft-save" >"$work/nft" 2>/dev/null </dev/null
            for kind in legacy nft; do
                has_rules "$work/$kind" || continue
                if ! has_rules "$made/$1"; then
                    mv "$work/$kind" "$made/$1"
                    note "$1: $2-save has no rules; these are those of $2-$kind-save"
                elif [ "$(grep -v '^#' "$work/$kind")" != "$(grep -v '^#' "$made/$1")" ]; then
                    note "$1: the kernel also runs rules that $2-$kind-save prints; they are left out"
                fi
            done
        }

        network_settings() {
            sysctl -a 2>/dev/null | grep '^net\.' && return
            echo "sysctl -a prints nothing of net" >&2
            return 1
        }

        other_tables() {
            nft list tables 2>/dev/null </dev/null |
                grep -Ev '^table ip6? (raw|mangle|nat|filter|security)$' | tr '\n' ',' | sed 's/,$//; s/,/, /g'
        }

        version() { printf '%s: %s\n' "$1" "$("$@" 2>&1 </dev/null | head -n 1)"; }

        collect() {
            printf 'kernel: %s\n' "$(uname -srm)" >"$made/snapshot.txt"
            for tool in iptables ip6tables ipset sysctl nft; do
                if command -v "$tool" >/dev/null 2>&1; then version "$tool" --version; fi
            done >>"$made/snapshot.txt"
            if command -v ip >/dev/null 2>&1; then version ip -V >>"$made/snapshot.txt"; fi
            if [ "$(id -u)" -ne 0 ]; then note "not made by root, who alone sees rules, sets and some settings"; fi

            take_rules rules.v4 iptables /proc/net/ip_tables_names
            take_rules rules.v6 ip6tables /proc/net/ip6_tables_names
            take ipset.save ipset save
            take addr.json ip -j addr
            take maddr.json ip -j maddr
            take route.json ip -j route show table all
            take route6.json ip -6 -j route show table all
            take rule.json ip -j rule
            take rule6.json ip -6 -j rule
            take sysctl.conf network_settings

            others=$(other_tables)
            if [ -n "$others" ]; then note "nftables has tables of its own, which are left out: $others"; fi
        }

        main() {
            if [ $# -gt 1 ]; then die 2 "usage: sh snapshot.sh [FILE.tar.gz|FOLDER]"; fi
            target=${1:--}
            if [ "$target" = - ] && [ -t 1 ]; then die 2 "an archive isn't for a terminal: name a file"; fi
            case $target in
                - | /*) ;;
                *) target=./$target ;;
            esac
            work=$(mktemp -d) || die 3 "no room for temporary files"
            trap 'rm -rf "$work"' EXIT
            trap 'exit 3' HUP INT TERM
            made=$work/snapshot
            mkdir "$made" || die 3 "can't write to $work"
            case $target in
                - | *.tar.gz | *.tgz) collect ;;
                *)
                    mkdir -p "$target" || die 3 "can't make the folder $1"
                    if [ -n "$(ls -A "$target")" ]; then die 2 "$1: the folder isn't empty"; fi
                    collect
                    cp "$made"/* "$target/" || die 3 "can't write to $1"
                    ;;
            esac
            case $target in
                -) pack || die 3 "can't write the archive" ;;
                *.tar.gz | *.tgz) pack >"$target" || die 3 "can't write $1" ;;
            esac
            if [ ! -f "$made/rules.v4" ] && [ ! -f "$made/rules.v6" ]; then exit 1; fi
        }

        pack() { (cd "$work" && tar -cf snapshot.tar snapshot && gzip -c <snapshot.tar); }

        # Behind everything else, so that half a script does nothing.
        main "$@"

        """#
}
