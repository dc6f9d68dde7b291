#!/usr/bin/env bash
# laptop.pcap: a laptop's eth0 on a network it shares with strangers.
#
#   laptop 192.0.2.20 ─┐                        ┌─ server  198.51.100.10 (web, DNS, ssh)
#   tv     192.0.2.40 ─┴─ gateway 192.0.2.1 ────┴─ scanner 203.0.113.66
source "$(dirname "$0")/lib.sh"
web4=198.51.100.10 web6=2001:db8:100::10

make_spaces switch laptop tv gateway server scanner
segment home
segment far
attach home laptop eth0 02:00:00:00:01:20 192.0.2.20/24 2001:db8:1::20/64
attach home tv eth0 02:00:00:00:01:40 192.0.2.40/24 2001:db8:1::40/64
attach home gateway lan 02:00:00:00:01:01 192.0.2.1/24 2001:db8:1::1/64
attach far gateway wan 02:00:00:00:02:01 198.51.100.1/24 203.0.113.1/24 2001:db8:100::1/64 2001:db8:666::1/64
attach far server eth0 02:00:00:00:02:10 $web4/24 $web6/64
attach far scanner eth0 02:00:00:00:02:66 203.0.113.66/24 2001:db8:666::66/64
forwards gateway
via laptop 192.0.2.1 2001:db8:1::1
via tv 192.0.2.1 2001:db8:1::1
via server 198.51.100.1 2001:db8:100::1
via scanner 203.0.113.1 2001:db8:666::1
on gateway ip route add unreachable 198.51.100.200
on gateway ip -6 route add unreachable 2001:db8:100::200
on laptop sysctl -qw net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.eth0.rp_filter=2
resolver laptop $web4
start_web server
start_dns server
start_ssh server
wait_for server 443
wait_for server 22
wait_for server 53
snapshot laptop laptop

capture laptop eth0 "$captures/laptop.pcap"

# what the user does
get laptop http://www.example.com/ http://www.example.com/page.html
get laptop -4 https://www.example.com/page.html
get laptop -6 https://www.example.com/
on tv python3 "$here/noise.py" eth0 192.0.2.40 192.0.2.255
on laptop dig +tries=1 +time=1 mail.example.com @$web6 >/dev/null
on laptop dig +tries=1 +time=1 +tcp example.com TXT @$web4 >/dev/null
ssh_to laptop $web4
ssh_to laptop $web6
on laptop ping -q -c 3 -i 0.2 $web4 >/dev/null
on laptop ping -q -c 3 -i 0.2 $web6 >/dev/null

# errors that belong to the laptop's own packets
on laptop dig +tries=1 +time=1 -p 5399 www.example.com @$web4 >/dev/null || true
on laptop dig +tries=1 +time=1 -p 5399 www.example.com @$web6 >/dev/null || true
get laptop http://198.51.100.200/ http://[2001:db8:100::200]/
get laptop http://$web4:8080/
on laptop traceroute -n -q 1 -m 3 -w 1 $web4 >/dev/null
on laptop traceroute -6 -n -q 1 -m 3 -w 1 $web6 >/dev/null

# what strangers do
on tv ping -q -c 2 -i 0.2 192.0.2.20 >/dev/null
on tv ping -q -c 2 -i 0.2 2001:db8:1::20 >/dev/null
on tv python3 "$here/noise.py" eth0 192.0.2.40 192.0.2.255
probe scanner syn 192.0.2.20 22,23,80,135,139,443,445,3389,5900,8080
probe scanner ack 192.0.2.20 22,80,443,8080 --sport 41000
probe scanner udp 192.0.2.20 53,123,137,161,1900 --sport 42000 --size 24
probe scanner synack 192.0.2.20 50000,50001 --sport 80
probe scanner syn 2001:db8:1::20 22,80,443,445,8080
probe scanner ack 2001:db8:1::20 22,80 --sport 41000
probe scanner udp 2001:db8:1::20 123,5353 --sport 42000 --size 24
on scanner ping -q -c 2 -i 0.2 192.0.2.20 >/dev/null
# an unreachable message that belongs to nothing
probe scanner icmp 192.0.2.20 3/1,11 --size 28
probe scanner icmp 2001:db8:1::20 1/4 --size 48

end_captures
