#!/usr/bin/env bash
# home-router-lan.pcap and home-router-wan.pcap: both sides of a router without NAT.
#
#   pc    192.0.2.10 ─┐                                                   ┌─ server  198.51.100.10
#   phone 192.0.2.11 ─┴─ lan0 192.0.2.1 [router] wan0 203.0.113.2 ── isp ─┴─ scanner 198.51.100.66
source "$(dirname "$0")/lib.sh"
web4=198.51.100.10 web6=2001:db8:100::10

make_spaces switch pc phone router isp server scanner
segment lan
segment line
segment far
attach lan pc eth0 02:00:00:00:01:10 192.0.2.10/24 2001:db8:1::10/64
attach lan phone eth0 02:00:00:00:01:11 192.0.2.11/24 2001:db8:1::11/64
attach lan router lan0 02:00:00:00:01:01 192.0.2.1/24 2001:db8:1::1/64
attach line router wan0 02:00:00:00:0f:02 203.0.113.2/24 2001:db8:f::2/64
attach line isp line 02:00:00:00:0f:01 203.0.113.1/24 2001:db8:f::1/64
attach far isp far 02:00:00:00:02:01 198.51.100.1/24 2001:db8:100::1/64
attach far server eth0 02:00:00:00:02:10 $web4/24 $web6/64
attach far scanner eth0 02:00:00:00:02:66 198.51.100.66/24 2001:db8:100::66/64
forwards router
forwards isp
via pc 192.0.2.1 2001:db8:1::1
via phone 192.0.2.1 2001:db8:1::1
via router 203.0.113.1 2001:db8:f::1
via server 198.51.100.1 2001:db8:100::1
via scanner 198.51.100.1 2001:db8:100::1
on isp ip route add 192.0.2.0/24 via 203.0.113.2
on isp ip -6 route add 2001:db8:1::/64 via 2001:db8:f::2
on router sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.lan0.rp_filter=1 net.ipv4.conf.wan0.rp_filter=1
resolver pc 192.0.2.1
resolver phone 192.0.2.1
start_web server
start_ssh server
start_dns router
start_ssh router
start_web pc                          # someone left a web server running on the PC
for what in "server 443" "server 22" "router 53" "router 22" "pc 80"; do wait_for $what; done
snapshot router home-router

capture router lan0 "$captures/home-router-lan.pcap"
capture router wan0 "$captures/home-router-wan.pcap"
# the same, but only what arrives
capture router lan0 "$captures/home-router-lan-in.pcap" -Q in
capture router wan0 "$captures/home-router-wan-in.pcap" -Q in

# the household
get pc http://www.example.com/ http://www.example.com/page.html
get phone -6 https://www.example.com/
get phone -4 https://www.example.com/
ssh_to pc $web4
on pc ping -q -c 2 -i 0.2 $web4 >/dev/null
on phone ping -q -c 2 -i 0.2 $web6 >/dev/null
on pc ping -q -c 1 -s 2800 $web4 >/dev/null
on pc ping -q -c 1 -s 2800 $web6 >/dev/null
on pc traceroute -n -q 1 -m 4 -w 1 $web4 >/dev/null
on pc traceroute -I -n -q 1 -m 4 -w 1 $web4 >/dev/null
on phone traceroute -6 -n -q 1 -m 4 -w 1 $web6 >/dev/null
get phone http://$web4:25/
on phone python3 "$here/noise.py" eth0 192.0.2.11 192.0.2.255

# the router itself
on pc dig +tries=1 +time=1 www.example.com @192.0.2.1 >/dev/null
on phone dig +tries=1 +time=1 mail.example.com @2001:db8:1::1 >/dev/null
ssh_to pc 192.0.2.1
on phone ping -q -c 2 -i 0.2 192.0.2.1 >/dev/null
on router ping -q -c 2 -i 0.2 $web4 >/dev/null
get router "http://[$web6]/"

# nobody asked for these
probe scanner syn 192.0.2.10 22,80,443,445,8080
probe scanner syn 192.0.2.11 22,80
probe scanner syn 203.0.113.2 22,53,80,443 --sport 41000
probe scanner udp 203.0.113.2 53,161 --sport 42000 --size 24
probe scanner ack 192.0.2.10 80,443 --sport 43000
probe scanner xmas 192.0.2.10 80 --sport 44000
probe scanner fragments 192.0.2.10 5000 --sport 45000
probe scanner tiny 192.0.2.10 80 --sport 45100
probe scanner proto 192.0.2.10 47 --size 24
probe scanner syn 192.0.2.10 80 --ttl 2 --sport 46000
get scanner http://192.0.2.10/
on scanner ping -q -c 2 -i 0.2 192.0.2.10 >/dev/null
on scanner ping -q -c 2 -i 0.2 203.0.113.2 >/dev/null
probe scanner syn 2001:db8:1::10 22,80,445
probe scanner syn 2001:db8:f::2 22,53 --sport 41000
probe scanner fragments 2001:db8:1::10 5000 --sport 45000
get scanner "http://[2001:db8:1::10]/"
on scanner ping -q -c 2 -i 0.2 2001:db8:1::10 >/dev/null
# a LAN address that comes from outside
probe scanner syn 192.0.2.10 80 --src 192.0.2.11 --sport 47000

end_captures
