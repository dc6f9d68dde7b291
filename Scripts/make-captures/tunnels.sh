#!/usr/bin/env bash
# tunnels-lan.pcap and tunnels-wan.pcap: the two sides of an office's router. Web, names and a remote shell, and
# among them shells hidden on the web's ports, and a proxy outside.
#
#   user 192.0.2.10 ── lan0 [router] wan0 ─┬─ web     198.51.100.80, also names and shells
#                                          └─ outside 198.51.100.66 (shells on 80 and 443), .67 (a shell in TLS),
#                                                     .68 (an HTTP proxy on 3128)
source "$(dirname "$0")/lib.sh"
web4=198.51.100.80 web6=2001:db8:2::80

make_spaces switch user router web outside
segment lan
segment wan
attach lan user eth0 02:00:00:00:01:10 192.0.2.10/24 2001:db8:1::10/64
attach lan router lan0 02:00:00:00:01:01 192.0.2.1/24 2001:db8:1::1/64
attach wan router wan0 02:00:00:00:02:01 198.51.100.1/24 2001:db8:2::1/64
attach wan web eth0 02:00:00:00:02:80 $web4/24 $web6/64
attach wan outside eth0 02:00:00:00:02:66 198.51.100.66/24 198.51.100.67/24 198.51.100.68/24 2001:db8:2::66/64
forwards router
via user 192.0.2.1 2001:db8:1::1
for host in web outside; do via $host 198.51.100.1 2001:db8:2::1; done
start_web web
start_dns web
start_ssh web
resolver user $web4
resolver outside $web4

# the hidden shells
start_ssh outside "ListenAddress 127.0.0.1:22" "ListenAddress 198.51.100.66:80" "ListenAddress 198.51.100.66:443"
mkdir -p "$tmp/tls"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=www.example.com \
    -keyout "$tmp/tls/key.pem" -out "$tmp/tls/cert.pem" 2>/dev/null
on outside python3 "$here/relay.py" tls 198.51.100.67 443 "$tmp/tls/cert.pem" "$tmp/tls/key.pem" 22 &
on outside python3 "$here/relay.py" proxy 198.51.100.68 3128 &
for what in "web 443" "web 22" "web 53" "outside 80" "outside 443" "outside 3128"; do wait_for $what; done

capture router lan0 "$captures/tunnels-lan.pcap"
capture router wan0 "$captures/tunnels-wan.pcap"

shell() { # WORDS...: a shell on a way of its own
    on user ssh -n -F none -i "$tmp/client" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o LogLevel=ERROR -o BatchMode=yes -o ConnectTimeout=3 "$@" true >/dev/null
}
get user http://www.example.com/
get user -6 https://www.example.com/page.html
ssh_to user $web4
shell -p 80 root@198.51.100.66
shell -p 443 root@198.51.100.66
shell -o ProxyCommand="openssl s_client -quiet -servername www.example.com -connect 198.51.100.67:443" root@hidden \
    2>/dev/null
get user -x http://198.51.100.68:3128 http://www.example.com/
get user -x http://198.51.100.68:3128 https://$web4/
get user "http://$web4/page.html?from=there"

end_captures
