import Conntrack
import Engine
import Packets

/// Kernel settings of the host, by their names, from a snapshot or the command line.
struct SysctlSettings {
    private(set) var conntrack = ConntrackSettings()
    private(set) var fragments = FragmentSettings()
    private(set) var answerLimits = AnswerLimits()
    private(set) var forwardsIPv6 = true
    private(set) var host = HostSettings()
    private var ipv4: [String: [String: UInt32]] = [:]
    /// Those that the simulation knows, as they were given.
    private(set) var known: [(name: String, value: String)] = []

    /// - Returns: false if the name is none that the simulation knows.
    mutating func set(_ name: String, to value: String) throws -> Bool {
        let isKnown = try take(name, value)
        if isKnown { known.append((name, value)) }
        return isKnown
    }

    private mutating func take(_ name: String, _ value: String) throws -> Bool {
        let name = name.replacing("/", with: ".")
        do {
            try conntrack.set(name, to: value)
            return true
        } catch .unknownName {
        } catch .invalidValue(let range) {
            throw Failure.input(
                "\(name): the value must be between \(range.lowerBound) and \(range.upperBound), not \"\(value)\""
            )
        }
        if let number = UInt32(value),
            fragments.set(name, to: number) || answerLimits.set(name, to: number)
        {
            return true
        }
        if let number = UInt32(value), host.set(name, to: number) { return true }
        if name == "net.ipv4.ip_forward" {
            ipv4["all", default: [:]]["forwarding"] = try number(value, of: name)
            return true
        }
        // An interface's name may hold dots: it is what stands between `conf.` and the last dot.
        for (prefix, isIPv4) in [("net.ipv4.conf.", true), ("net.ipv6.conf.", false)]
        where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            guard let dot = rest.lastIndex(of: ".") else { return false }
            let (interface, key) = (String(rest[..<dot]), String(rest[rest.index(after: dot)...]))
            if isIPv4, SysctlSettings.keys.contains(key) {
                ipv4[interface, default: [:]][key] = try number(value, of: name)
                return true
            }
            if !isIPv4, key == "forwarding" {
                if interface == "all" { forwardsIPv6 = try number(value, of: name) != 0 }
                return true
            }
        }
        return false
    }

    private static let keys: Set<String> = [
        "forwarding", "rp_filter", "accept_local", "route_localnet", "send_redirects", "accept_source_route",
        "src_valid_mark", "shared_media",
    ]

    private func number(_ value: String, of name: String) throws -> UInt32 {
        guard let number = UInt32(value) else { throw Failure.input("\(name): \"\(value)\" is no number") }
        return number
    }

    /// The settings that hold for an interface: the kernel's combination of `all` and the interface's own
    /// (`linux/inetdevice.h`).
    func settings(of interface: String) -> InterfaceSysctls {
        func own(_ key: String) -> UInt32? { ipv4[interface]?[key] ?? ipv4["default"]?[key] }
        func all(_ key: String) -> UInt32 { ipv4["all"]?[key] ?? 0 }
        var settings = InterfaceSysctls()
        // `ip_forward` sets every interface's.
        if let forwards = ipv4[interface]?["forwarding"] ?? ipv4["all"]?["forwarding"] {
            settings.forwards = forwards != 0
        }
        settings.reversePathFilter = UInt8(clamping: max(own("rp_filter") ?? 0, all("rp_filter")))
        settings.filtersReversePathByMark = (own("src_valid_mark") ?? 0) != 0 || all("src_valid_mark") != 0
        settings.acceptsLocalSources = (own("accept_local") ?? 0) != 0 || all("accept_local") != 0
        settings.routesLoopbackAddresses = (own("route_localnet") ?? 0) != 0 || all("route_localnet") != 0
        if let shared = own("shared_media") { settings.sharesMedia = shared != 0 || all("shared_media") != 0 }
        if ipv4["all"]?["send_redirects"] != nil || own("send_redirects") != nil {
            let redirects = own("send_redirects") ?? 1
            settings.makesRedirects = true
            settings.sendsRedirects = redirects != 0 || all("send_redirects") != 0
        }
        settings.acceptsSourceRoutes =
            (own("accept_source_route") ?? 0) != 0 && all("accept_source_route") != 0
        return settings
    }
}
