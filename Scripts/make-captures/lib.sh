# Helpers for the capture scripts: network namespaces, servers, captures, snapshots.
# Source this file; it needs root, iproute2, tcpdump, nginx, dnsmasq, openssh and python3.
# All traffic stays inside namespaces whose names begin with "gh" and this shell's
# process id. A trap removes them, and every process in them, however the script ends.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
captures=$repo/Fixtures/Captures
hosts=$repo/Fixtures/Hosts
prefix=gh$$
tmp=$(mktemp -d /tmp/make-captures.XXXXXX)
spaces=()
tcpdumps=()

mkdir -p "$captures" "$hosts"
chmod 755 "$tmp"

cleanup() {
    local status=$? space pid
    set +e
    for space in "${spaces[@]}"; do
        for pid in $(ip netns pids "$prefix-$space" 2>/dev/null); do
            kill "$pid" 2>/dev/null
        done
    done
    wait 2>/dev/null
    for space in "${spaces[@]}"; do
        ip netns del "$prefix-$space" 2>/dev/null
        rm -rf "/etc/netns/$prefix-$space"
    done
    rmdir /etc/netns 2>/dev/null
    rm -rf "$tmp"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# on SPACE COMMAND...: run a command in a namespace.
on() {
    local space=$1
    shift
    ip netns exec "$prefix-$space" "$@"
}

# make_spaces NAME...: create namespaces. IPv6 addresses are usable at once (no duplicate
# address detection), and nobody listens to router advertisements.
make_spaces() {
    local space c
    for space in "$@"; do
        ip netns add "$prefix-$space"
        spaces+=("$space")
        for c in all default; do
            on "$space" sysctl -qw \
                "net.ipv6.conf.$c.accept_dad=0" "net.ipv6.conf.$c.dad_transmits=0" \
                "net.ipv6.conf.$c.accept_ra=0" "net.ipv6.conf.$c.router_solicitations=0" \
                "net.ipv4.conf.$c.rp_filter=0" "net.ipv4.conf.$c.send_redirects=0" \
                "net.ipv4.conf.$c.accept_redirects=0"
        done
        on "$space" ip link set lo up
    done
}

# segment NAME: an Ethernet segment (a bridge in the namespace "switch").
segment() {
    local name=$1
    on switch ip link add "$name" type bridge stp_state 0 forward_delay 0 mcast_snooping 0
    on switch sysctl -qw "net.ipv6.conf.$name.disable_ipv6=1"
    on switch ip link set "$name" up
}

# attach SEGMENT SPACE IFACE MAC ADDRESS...: give SPACE an interface on a segment.
attach() {
    local segment=$1 space=$2 iface=$3 mac=$4 port address
    shift 4
    port=$space-$segment
    on switch sysctl -qw net.ipv6.conf.default.disable_ipv6=1
    ip -n "$prefix-$space" link add "$iface" address "$mac" type veth \
        peer name "$port" netns "$prefix-switch"
    on switch ip link set "$port" master "$segment" up
    on switch python3 "$here/offloads-off.py" "$port"
    on "$space" python3 "$here/offloads-off.py" "$iface"
    for address in "$@"; do
        case $address in
        *:*) on "$space" ip address add "$address" dev "$iface" nodad ;;
        *) on "$space" ip address add "$address" brd + dev "$iface" ;;
        esac
    done
    on "$space" ip link set "$iface" up
}

# via SPACE GATEWAY4 GATEWAY6: default routes.
via() {
    on "$1" ip route add default via "$2"
    on "$1" ip -6 route add default via "$3"
}

# forwards SPACE: make it a router.
forwards() {
    on "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

# resolver SPACE ADDRESS: the name server that programs in SPACE ask.
resolver() {
    mkdir -p "/etc/netns/$prefix-$1"
    printf 'nameserver %s\noptions timeout:2 attempts:1\n' "$2" >"/etc/netns/$prefix-$1/resolv.conf"
}

# --- servers, all in the background; they die with the namespaces

start_web() { # SPACE
    local dir=$tmp/web-$1
    mkdir -p "$dir/www"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
        -subj /CN=www.example.com -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
    python3 - "$dir/www" <<'PY'
import sys
line = "<p>Gatehouse sample page, line %03d.</p>\n"
open(sys.argv[1] + "/index.html", "w").write("<h1>It works</h1>\n" + line % 1)
open(sys.argv[1] + "/page.html", "w").write("".join(line % n for n in range(150)))
PY
    cat >"$dir/nginx.conf" <<CONF
daemon off;
user root;
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/error.log;
events { worker_connections 64; }
http {
    access_log off;
    default_type text/html;
    client_body_temp_path $dir/t1; proxy_temp_path $dir/t2; fastcgi_temp_path $dir/t3;
    uwsgi_temp_path $dir/t4; scgi_temp_path $dir/t5;
    server {
        listen 80; listen [::]:80;
        listen 443 ssl; listen [::]:443 ssl;
        ssl_certificate $dir/cert.pem; ssl_certificate_key $dir/key.pem;
        root $dir/www;
    }
}
CONF
    on "$1" nginx -c "$dir/nginx.conf" -p "$dir" >/dev/null 2>"$dir/log" &
}

start_dns() { # SPACE
    on "$1" dnsmasq --keep-in-foreground --no-resolv --no-hosts --conf-file=/dev/null \
        --user=root --pid-file= --log-facility="$tmp/dns-$1.log" --local=/com/ \
        --host-record=www.example.com,"$web4","$web6" \
        --host-record=mail.example.com,"$web4" \
        --txt-record=example.com,"v=spf1 -all" &
}

start_ssh() { # SPACE [LINES OF SSHD_CONFIG...]
    local space=$1 dir=$tmp/ssh-$1
    shift
    mkdir -p "$dir" /run/sshd
    ssh-keygen -q -t ed25519 -N '' -C host -f "$dir/host"
    if [ ! -e "$tmp/client" ]; then
        ssh-keygen -q -t ed25519 -N '' -C client -f "$tmp/client"
    fi
    cp "$tmp/client.pub" "$dir/authorized"
    cat >"$dir/conf" <<CONF
HostKey $dir/host
AuthorizedKeysFile $dir/authorized
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
UseDNS no
PrintMotd no
PrintLastLog no
CONF
    if [ $# -gt 0 ]; then printf '%s\n' "$@" >>"$dir/conf"; fi
    on "$space" "$(command -v sshd)" -D -f "$dir/conf" -E "$dir/log" &
}

start_mail() { # SPACE
    on "$1" python3 "$here/mail-server.py" 25 587 &
}

# ssh_to SPACE HOST [COMMAND]: log in and run something harmless.
ssh_to() {
    on "$1" ssh -n -F none -i "$tmp/client" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o LogLevel=ERROR -o BatchMode=yes -o ConnectTimeout=3 "root@$2" "${3:-true}" >/dev/null
}

# get SPACE URL...: fetch with curl; a failure is no reason to stop.
get() {
    local space=$1
    shift
    on "$space" curl -sk --max-time 5 "$@" >/dev/null || true
}

probe() { # SPACE ARGUMENTS...: see probe.py
    local space=$1
    shift
    on "$space" python3 "$here/probe.py" "$@"
}

# wait_for SPACE PORT: until something listens on a TCP port.
wait_for() {
    local i
    for i in $(seq 50); do
        if on "$1" ss -Hltn "sport = :$2" | grep -q .; then
            return
        fi
        sleep 0.1
    done
    echo "nothing listens on port $2 in $1" >&2
    exit 1
}

# --- captures

# capture SPACE IFACE FILE [TCPDUMP OPTIONS...]
capture() {
    local space=$1 iface=$2 file=$3 log i
    shift 3
    log=$tmp/tcpdump-$(basename "$file").log
    # Not through `on`: the process id has to be tcpdump's own.
    ip netns exec "$prefix-$space" tcpdump -p -n -i "$iface" --immediate-mode -U -s 0 -Z root -w "$file" "$@" 2>"$log" &
    tcpdumps+=($!)
    for i in $(seq 50); do
        if grep -q 'listening on' "$log"; then
            return
        fi
        sleep 0.1
    done
    echo "tcpdump did not start: $(cat "$log")" >&2
    exit 1
}

end_captures() {
    sleep 0.5
    kill "${tcpdumps[@]}"
    wait "${tcpdumps[@]}" || true
    tcpdumps=()
}

# snapshot SPACE NAME: what the firewall host looks like, without any rules.
snapshot() {
    local dir=$hosts/$2
    mkdir -p "$dir"
    on "$1" ip -j addr | python3 -m json.tool --indent 1 >"$dir/addr.json"
    on "$1" ip -j route show table all | python3 -m json.tool --indent 1 >"$dir/route.json"
    on "$1" ip -6 -j route show table all | python3 -m json.tool --indent 1 >"$dir/route6.json"
    on "$1" ip -j rule | python3 -m json.tool --indent 1 >"$dir/rule.json"
    on "$1" sysctl -a 2>/dev/null |
        grep -E '^net\.(ipv4\.(ip_forward |conf\.)|ipv6\.conf\.[^ ]*\.forwarding |netfilter\.nf_conntrack_)' |
        grep -Ev 'nf_conntrack_(count|buckets) ' >"$dir/sysctl.conf"
}
