#!/bin/sh
# A small office's router: both families, in the manner of scripts that grew over the years.
set -e

IPT="iptables -w"
IP6T=$(command -v ip6tables)
LAN=lan0; WAN='wan0'
OFFICE=192.0.2.0/24
GUESTS="198.51.100.0/24"
MAIL=192.0.2.25
PORTS="25,587"
UNSET=
LOGGING="-m limit --limit 5/min -j LOG"

echo "Starting the firewall for $USER ..."
modprobe nf_conntrack 2>/dev/null || true
sysctl -q -w net.ipv4.ip_forward=1 >/dev/null 2>&1 || :

# From scratch
$IPT -F; $IPT -X
$IPT -t mangle -F
$IPT -t mangle -X
for_nothing="for a variable that nobody needs, and a # that is no comment"

# What may have been left over
$IPT -D INPUT -i $WAN -j OLD 2>/dev/null || true
$IPT -F OLD >/dev/null 2>&1 || :
$IPT -X OLD 2>/dev/null || echo "nothing left over"

$IPT -P INPUT DROP && $IPT -P FORWARD DROP && $IPT -P OUTPUT ACCEPT

$IPT -N scans
$IPT -N mail;$IPT --new-chain to-delete
$IPT -A scans -p tcp --tcp-flags ALL NONE -j DROP
$IPT -A scans -p tcp --tcp-flags SYN,FIN SYN,FIN -j DROP

"iptables" -A INPUT -i lo -j ACCEPT
$IPT -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
$IPT -A INPUT -i "$WAN" -j scans
$IPT --append INPUT --in-interface ${LAN} --source ${OFFICE} \
    --protocol tcp \
    --match comment --comment "the office's \"own\" \$ machine" \
    --destination-port 22 --jump ACCEPT
$IPT -A INPUT -i ${DMZ:-dmz0} -s $OFFICE,$GUESTS -p icmp --icmp-type echo-request -j ACCEPT
$IPT -A INPUT -p udp --dport 53$UNSET -m comment --comment 'one $word'" two"\ three -j ACCEPT   # names
$IPT -A INPUT $LOGGING --log-prefix "refused: "

$IPT -A FORWARD -i $LAN -o $WAN -j ACCEPT -t filter
$IPT -A FORWARD -d $MAIL -p tcp -m multiport --dports $PORTS,${EXTRA-465} -j mail
$IPT -A mail ! -s 203.0.113.7 -j ACCEPT
$IPT -I FORWARD 1 -m state --state INVALID -j DROP
$IPT -R mail 1 ! -s 203.0.113.8 -j ACCEPT
$IPT -E mail mailserver
$IPT -X to-delete
iptables -C INPUT -i lo -j ACCEPT || iptables -A INPUT -i lo -j ACCEPT
iptables -C INPUT -i lo -j DROP 2>/dev/null || iptables -A INPUT -i lo -j DROP
$IPT -t mangle -A PREROUTING -i $WAN -j MARK --set-mark 0x1
iptables --table=mangle -A POSTROUTING -o $WAN -j MARK --or-mark 2
$IPT -Z

# IPv6
$IP6T -F
$IP6T -P INPUT DROP
$IP6T -A INPUT -i lo -j ACCEPT
$IP6T -A INPUT -p ipv6-icmp -j ACCEPT
$IP6T -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
$IP6T -A FORWARD -s 2001:db8:1::/48 -i $LAN -j ACCEPT
$IPT -L -n -v > /dev/null
exit 0
$IPT -F
