#!/usr/bin/env bash
# dmz-lan.pcap, dmz-dmz.pcap and dmz-wan.pcap: the three legs of a firewall, which only forwards.
#
#   admin 192.0.2.10 ─┐                                            ┌─ client  203.0.113.130
#   user  192.0.2.20 ─┴─ lan0 [firewall] wan0 203.0.113.2 ── isp ──┴─ scanner 203.0.113.166
#                              │ dmz0
#                 web 198.51.100.80, mail 198.51.100.25
source "$(dirname "$0")/lib.sh"
web4=198.51.100.80 web6=2001:db8:d::80
mail4=198.51.100.25 mail6=2001:db8:d::25
client4=203.0.113.130 client6=2001:db8:100::130

make_spaces switch admin user web mail firewall isp client scanner
segment lan
segment dmz
segment line
segment far
attach lan admin eth0 02:00:00:00:01:10 192.0.2.10/24 2001:db8:1::10/64
attach lan user eth0 02:00:00:00:01:20 192.0.2.20/24 2001:db8:1::20/64
attach lan firewall lan0 02:00:00:00:01:01 192.0.2.1/24 2001:db8:1::1/64
attach dmz firewall dmz0 02:00:00:00:0d:01 198.51.100.1/24 2001:db8:d::1/64
attach dmz web eth0 02:00:00:00:0d:80 $web4/24 $web6/64
attach dmz mail eth0 02:00:00:00:0d:25 $mail4/24 $mail6/64
attach line firewall wan0 02:00:00:00:0f:02 203.0.113.2/28 2001:db8:f::2/64
attach line isp line 02:00:00:00:0f:01 203.0.113.1/28 2001:db8:f::1/64
attach far isp far 02:00:00:00:02:01 203.0.113.129/25 2001:db8:100::1/64
attach far client eth0 02:00:00:00:02:30 $client4/25 $client6/64
attach far scanner eth0 02:00:00:00:02:66 203.0.113.166/25 2001:db8:100::166/64
forwards firewall
forwards isp
for host in admin user; do via $host 192.0.2.1 2001:db8:1::1; done
for host in web mail; do via $host 198.51.100.1 2001:db8:d::1; done
via firewall 203.0.113.1 2001:db8:f::1
for host in client scanner; do via $host 203.0.113.129 2001:db8:100::1; done
on isp ip route add 192.0.2.0/24 via 203.0.113.2
on isp ip route add 198.51.100.0/24 via 203.0.113.2
on isp ip -6 route add 2001:db8:1::/64 via 2001:db8:f::2
on isp ip -6 route add 2001:db8:d::/64 via 2001:db8:f::2
for c in all lan0 dmz0 wan0; do on firewall sysctl -qw net.ipv4.conf.$c.rp_filter=1; done
start_web web
start_ssh web
start_mail mail
start_ssh mail
start_ssh firewall
start_ssh admin
start_web client
start_dns client
for what in "web 443" "web 22" "mail 25" "mail 22" "firewall 22" "admin 22" "client 443" "client 53"; do wait_for $what; done
snapshot firewall dmz

for leg in lan dmz wan; do
    capture firewall ${leg}0 "$captures/dmz-$leg.pcap"
    capture firewall ${leg}0 "$captures/dmz-$leg-in.pcap" -Q in       # only what arrives
done

# the Internet uses the web and mail servers
get client http://$web4/ http://$web4/page.html
get client https://$web4/
get client "https://[$web6]/"
on client python3 "$here/send-mail.py" $mail4 25
on client python3 "$here/send-mail.py" $mail6 25
on client ping -q -c 2 -i 0.2 $web4 >/dev/null
on client ping -q -c 2 -i 0.2 $web6 >/dev/null
on client traceroute -n -q 1 -m 4 -w 1 $web4 >/dev/null

# the LAN administers the DMZ and surfs
ssh_to admin $web4
ssh_to admin $mail6
ssh_to admin 192.0.2.1
on user python3 "$here/send-mail.py" $mail4 587
get user http://$web4/
get user http://$client4/page.html
get user "https://[$client6]/"
on user dig +tries=1 +time=1 www.example.com @$client4 >/dev/null
on user ping -q -c 2 -i 0.2 $client4 >/dev/null
on user ping -q -c 2 -i 0.2 $client6 >/dev/null
on user ping -q -c 2 -i 0.2 192.0.2.1 >/dev/null
ssh_to user $web4 || true

# the DMZ looks up names and updates itself
on web dig +tries=1 +time=1 www.example.com @$client4 >/dev/null
get mail http://$client4/

# someone in the DMZ has been broken into
ssh_to web 192.0.2.10 || true
probe web syn 192.0.2.20 22,80,445,3389
probe web syn 2001:db8:1::20 22,445
probe web udp 192.0.2.20 161 --sport 42000 --size 24
on web ping -q -c 2 -i 0.2 192.0.2.10 >/dev/null
probe web syn 203.0.113.166 6667 --sport 43000
probe web syn 192.0.2.20 80 --src $client4 --sport 44000

# and the Internet tries the doors
probe scanner syn $web4 21,22,80,443,3306,8080
probe scanner syn $mail4 22,25,110,143,587
probe scanner syn 192.0.2.10 22,80,445 --sport 41000
probe scanner syn 203.0.113.2 22,443 --sport 41500
probe scanner null $web4 80 --sport 42000
probe scanner xmas $web4 443 --sport 42100
probe scanner fragments $web4 80 --sport 42200
probe scanner tiny $web4 80 --sport 42300
probe scanner syn $web6 22,443,3306
probe scanner syn 2001:db8:1::10 22 --sport 41000
probe scanner syn $web4 80 --src 192.0.2.10 --sport 43000
probe scanner icmp $web4 13,5/1 --size 20
on scanner ping -q -c 6 -i 0.05 $mail4 >/dev/null

end_captures
