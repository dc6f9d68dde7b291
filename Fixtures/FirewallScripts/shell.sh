# Quoting, substitution and joining of lines as sh does them. No first line names a shell.
A=a; B="b c"; C='$A'; D="$A\"\\\$\`x"; E=
SPACED='  -p   tcp	'
: "${UNUSED:=1}"
LIST=10.0.0.1,10.0.0.2
V4='iptables'
export F="f" G=g$A
$V4 -N "x${E}y"
$V4 -A INPUT -m comment --comment $A$A
$V4 -A INPUT -m comment --comment "$B"
$V4 -A INPUT -m comment --comment $C
$V4 -A INPUT -m comment --comment "$D"
$V4 -A INPUT -m comment --comment '"'"'"\'
$V4 -A INPUT -m comment --comment ""x'' \
  -m comment --comment "a\
b" -m comment --comm\
ent a\ b\"c\#d#e
$V4 -A INPUT $SPACED -m tcp --sport ${E}10$E -s "$LIST"
$V4 -A INPUT -m comment --comment "$F/$G/${H:-h}/${A:-x}/${E:-e}/${E-nothing}" # comment; $V4 -A INPUT -p 99
$V4 -A INPUT -m comment --comment $V4-A\;INPUT; $V4 -A INPUT -p 50;$V4 -A INPUT -p 51
$V4 -A INPUT -p 52 && $V4 -A INPUT -p 53 &&
  $V4 -A INPUT -p 54
$V4 -A INPUT -m comment --comment a$ -m comment --comment "$" -m comment --comment "\a\$A" -m comment --comment \$A
V4=ip6tables
$V4 -A INPUT -p 50 >/dev/null 2>&1
V4="$V4 -t raw"
$V4 -A PREROUTING -p 51
$V4 -w 5 -A OUTPUT -p 52 --wait
ip6tables -6 -A INPUT -p 53
iptables -6 -A INPUT -p 54
A=z $V4 -A PREROUTING -m comment --comment $A
unset A
cat <<-END
	iptables -A INPUT -p 60 $A
	END
iptables -A INPUT -m comment --comment x${A:-unset}y
