/// One message of the probe rules: where a packet is.
struct ProbeEvent {
    /// `P0`, `S:NEW` …: see `ProbeRules`.
    var tag: String
    var mark: UInt32
    /// The IP packet.
    var payload: [UInt8]

    /// - Parameter message: with the pseudo header of LINKTYPE_NFLOG, in our byte order.
    init?(_ message: [UInt8]) {
        guard message.count >= 4, message[1] == 0 else { return nil }
        var tag: String?
        mark = 0
        payload = []
        var offset = 4
        while message.count - offset >= 4 {
            let length = Int(message[offset]) | Int(message[offset + 1]) << 8
            let type = Int(message[offset + 2]) | Int(message[offset + 3]) << 8
            guard length >= 4, length <= message.count - offset else { break }
            let value = message[offset + 4..<offset + length]
            switch type {
            case 10: tag = String(decoding: value.prefix { $0 != 0 }, as: UTF8.self)
            case 2 where value.count == 4: mark = value.reduce(0) { $0 << 8 | UInt32($1) }
            case 9: payload = Array(value)
            default: break
            }
            offset += (length + 3) & ~3
        }
        guard let tag else { return nil }
        self.tag = tag
    }
}
