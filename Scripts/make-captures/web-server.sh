#!/usr/bin/env bash
# web-server.pcap: eth0 of a public web server.
#
#                                                        ┌─ client  203.0.113.10
#   server 198.51.100.80 ── gateway 198.51.100.1 ────────┼─ admin   192.0.2.5
#                                                        └─ scanner 203.0.113.66
source "$(dirname "$0")/lib.sh"
web4=198.51.100.80 web6=2001:db8:80::80

make_spaces switch server gateway client admin scanner
segment rack
segment far
attach rack server eth0 02:00:00:00:80:80 $web4/24 $web6/64
attach rack gateway lan 02:00:00:00:80:01 198.51.100.1/24 2001:db8:80::1/64
attach far gateway wan 02:00:00:00:03:01 203.0.113.1/24 192.0.2.1/24 2001:db8:c::1/64 2001:db8:ad::1/64
attach far client eth0 02:00:00:00:03:10 203.0.113.10/24 2001:db8:c::10/64
attach far scanner eth0 02:00:00:00:03:66 203.0.113.66/24 2001:db8:c::66/64
attach far admin eth0 02:00:00:00:03:05 192.0.2.5/24 2001:db8:ad::5/64
forwards gateway
via server 198.51.100.1 2001:db8:80::1
via client 203.0.113.1 2001:db8:c::1
via scanner 203.0.113.1 2001:db8:c::1
via admin 192.0.2.1 2001:db8:ad::1
on server sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1
start_web server
start_ssh server
start_dns client                      # the resolver the server asks
wait_for server 443
wait_for server 22
wait_for client 53
snapshot server web-server

capture server eth0 "$captures/web-server.pcap"

# customers
get client http://$web4/ http://$web4/page.html
get client https://$web4/page.html
get client "http://[$web6]/" "http://[$web6]/missing"
get client "https://[$web6]/page.html"
on client ping -q -c 3 -i 0.2 $web4 >/dev/null
on client ping -q -c 2 -i 0.2 $web6 >/dev/null

# ssh, from where it may come from and from where it may not
ssh_to admin $web4
ssh_to admin $web6
ssh_to client $web4
ssh_to client $web6

# the server's own business
on server dig +tries=1 +time=1 www.example.com @203.0.113.10 >/dev/null
on server dig +tries=1 +time=1 www.example.com AAAA @2001:db8:c::10 >/dev/null
get server http://203.0.113.10:8080/

# scans
probe scanner syn $web4 21,22,23,25,80,110,143,443,993,3306,5432,8080
probe scanner fin $web4 22,80,443,8080 --sport 41000
probe scanner null $web4 22,80,443,8080 --sport 42000
probe scanner xmas $web4 22,80,443,8080 --sport 43000
probe scanner synfin $web4 80,443 --sport 44000
probe scanner ack $web4 22,80,8080 --sport 45000
probe scanner udp $web4 53,161 --sport 46000 --size 16
probe scanner tiny $web4 80 --sport 47000
probe scanner fragments $web4 53 --sport 47100
probe scanner syn $web6 21,22,23,80,443,3306,8080
probe scanner fin $web6 80,443 --sport 41000
probe scanner null $web6 80,443 --sport 42000
probe scanner xmas $web6 80,443 --sport 43000
probe scanner udp $web6 53,161 --sport 46000 --size 16
on scanner ping -q -c 8 -i 0.05 $web4 >/dev/null
on scanner ping -q -c 8 -i 0.05 $web6 >/dev/null
probe scanner icmp $web4 13,17,5/1 --size 20

# sources that cannot be: the server itself, its own network, the network's broadcast address
probe scanner syn $web4 80,443 --src $web4 --sport 48000
probe scanner syn $web4 80 --src 198.51.100.99 --sport 48100
probe scanner syn $web4 80 --src 198.51.100.255 --sport 48200
probe scanner udp $web4 53 --src 192.0.2.5 --sport 48300
probe scanner syn $web6 80 --src $web6 --sport 48000

end_captures
