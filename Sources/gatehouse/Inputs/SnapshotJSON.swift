import Foundation

/// One link of `ip -j addr`.
struct LinkJSON: Decodable {
    struct Address: Decodable {
        let family: String
        let local: String?
        let prefixlen: Int?
        let broadcast: String?
        let scope: String?
        let secondary: Bool?
        /// The other end of a point-to-point link.
        let address: String?
    }

    /// Absent where a filter of `ip` left an empty object behind.
    let ifname: String?
    let mtu: Int?
    /// The MAC address of Ethernet-like links.
    let address: String?
    let linkType: String?
    let flags: [String]?
    let addrInfo: [Address]?

    enum CodingKeys: String, CodingKey {
        case ifname, mtu, address, flags
        case linkType = "link_type"
        case addrInfo = "addr_info"
    }
}

/// The groups that one link of `ip -j maddr` has joined.
struct GroupsJSON: Decodable {
    struct Group: Decodable {
        /// Absent for a group of the link layer.
        let address: String?
    }

    let ifname: String?
    let maddr: [Group]?
}

/// One route of `ip -j route show table all`.
struct RouteJSON: Decodable {
    struct NextHop: Decodable {
        let gateway: String?
        let dev: String?
        let flags: [String]?
    }

    struct Metrics: Decodable {
        let mtu: Int?
    }

    /// `default`, an address or a prefix.
    let dst: String
    let dev: String?
    let gateway: String?
    /// Absent for the main table; a name or a number.
    let table: String?
    /// Absent for unicast.
    let type: String?
    let metric: Int?
    let prefsrc: String?
    let tos: String?
    let metrics: [Metrics]?
    /// Of an IPv6 route that is only for packets from there.
    let from: String?
    let nexthops: [NextHop]?
    let flags: [String]?
}

/// Where a text stops being JSON, in words.
struct JSONFault {
    let text: String

    /// - Parameter data: that `JSONDecoder` refused; it doesn't say why, but `JSONSerialization` does.
    init(_ data: Data) {
        do {
            _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            text = "not of the kind that `ip -j` prints"
        } catch {
            let words = (error as NSError).userInfo["NSDebugDescription"] as? String ?? ""
            let offset = words.split { !$0.isNumber }.last.flatMap { Int($0) }
            let line = offset.map { data.prefix($0).count { $0 == UInt8(ascii: "\n") } + 1 }
            text = "not valid JSON" + (line.map { ", line \($0)" } ?? ": the end is missing")
        }
    }
}

/// Lines `name = value` as `sysctl -a` prints them.
struct SysctlText {
    let values: [(name: String, value: String)]

    init(_ text: String) {
        values = text.split(whereSeparator: \.isNewline).compactMap { line in
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            guard !trimmed.hasPrefix("#"), let equals = trimmed.firstIndex(of: "=") else { return nil }
            return (
                trimmed[..<equals].trimmingCharacters(in: .whitespaces),
                trimmed[trimmed.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            )
        }
    }
}
