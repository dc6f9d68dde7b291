/// Programs that stand in firewall scripts and make no rules.
enum ScriptPrograms {
    static let harmless: Set<String> = [
        "echo", "printf", "logger", "true", ":", "set", "sleep", "ulimit", "umask", "trap", "cd", "clear",
        "date",
        "modprobe", "insmod", "rmmod", "depmod", "sysctl", "ip", "ifconfig", "route", "tc", "ethtool",
        "conntrack",
        "service", "systemctl", "update-rc.d", "chkconfig", "netfilter-persistent", "iptables-save",
        "ip6tables-save", "cat", "cp", "mv", "rm", "mkdir", "touch", "chmod", "chown", "ls", "grep", "sed",
        "awk",
        "head", "tail", "tee", "wc", "sort", "shopt", "wait", "fail2ban-client",
    ]
}
