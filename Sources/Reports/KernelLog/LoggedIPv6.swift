import Engine
import Packets
import RuleModel

/// The text of an IPv6 packet in the kernel's log (`dump_ipv6_packet`).
struct LoggedIPv6 {
    private let packet: LoggedBytes
    private let parameters: LogParameters
    private let mark: UInt32
    /// Where the IP header is; an ICMPv6 error quotes one.
    private let start: Int

    init(_ logged: LoggedPacket, _ parameters: LogParameters) {
        packet = LoggedBytes(bytes: logged.bytes, length: Int(logged.length))
        self.parameters = parameters
        mark = logged.metadata.mark
        start = 0
    }

    private init(quotedBy outer: LoggedIPv6, at start: Int) {
        packet = outer.packet
        parameters = outer.parameters
        mark = 0
        self.start = start
    }

    /// All eight groups in full.
    private func address(_ offset: Int) -> String {
        (0..<8).map { packet.uint16(offset + $0 * 2).hex(digits: 4) }.joined(separator: ":")
    }

    func append(to text: inout [UInt8]) {
        guard packet.has(start, 40) else {
            text.append(text: "TRUNCATED")
            return
        }
        let word = packet.uint32(start)
        text.append(text: "SRC=\(address(start + 8)) DST=\(address(start + 24)) ")
        text.append(text: "LEN=\(Int(packet.uint16(start + 4)) + 40) TC=\(word >> 20 & 0xff) ")
        text.append(text: "HOPLIMIT=\(packet.byte(start + 7)) FLOWLBL=\(word & 0xfffff) ")
        guard let chain = appendExtensions(to: &text),
            appendTransport(chain.next, at: chain.offset, isFragment: chain.isFragment, to: &text)
        else { return }
        if start == 0, mark != 0 { text.append(text: "MARK=0x\(String(mark, radix: 16)) ") }
    }

    /// - Returns: nil if nothing follows.
    private func appendExtensions(to text: inout [UInt8]) -> (next: UInt8, offset: Int, isFragment: Bool)? {
        let showsOptions = parameters.ipOptions
        var next = packet.byte(start + 6)
        var offset = start + 40
        var isFragment = false
        while [0, 43, 44, 50, 51, 60].contains(next) {
            guard packet.has(offset, 2) else {
                text.append(text: "TRUNCATED")
                return nil
            }
            if showsOptions { text.append(text: "OPT ( ") }
            var length = (Int(packet.byte(offset + 1)) + 1) * 8
            switch next {
            case 44:
                text.append(text: "FRAG:")
                guard packet.has(offset, 8) else {
                    text.append(text: "TRUNCATED ")
                    return nil
                }
                let field = packet.uint16(offset + 2)
                text.append(text: "\(field & 0xfff8) ")
                if field & 1 != 0 { text.append(text: "INCOMPLETE ") }
                text.append(text: "ID:\(packet.uint32(offset + 4).hex(digits: 8)) ")
                if field & 0xfff8 != 0 { isFragment = true }
                length = 8
            case 50:
                if showsOptions { appendSPI("ESP", at: offset, 8, 0, isFragment, ")", to: &text) }
                return nil
            case 51:
                if showsOptions {
                    guard appendSPI("AH", at: offset, 12, 4, isFragment, "", to: &text) else { return nil }
                }
                length = (Int(packet.byte(offset + 1)) + 2) * 4
            default:
                if isFragment {
                    if showsOptions { text.append(text: ")") }
                    return nil
                }
            }
            if showsOptions { text.append(text: ") ") }
            next = packet.byte(offset)
            offset += length
        }
        return (next, offset, isFragment)
    }

    /// - Returns: false if nothing follows.
    @discardableResult
    private func appendSPI(
        _ name: String, at offset: Int, _ size: Int, _ field: Int, _ isFragment: Bool, _ end: String,
        to text: inout [UInt8]
    ) -> Bool {
        text.append(text: "\(name) ")
        guard !isFragment else {
            text.append(text: ")")
            return false
        }
        guard packet.has(offset, size) else {
            text.append(text: packet.incomplete(from: offset) + ")")
            return false
        }
        text.append(text: "SPI=0x\(String(packet.uint32(offset + field), radix: 16)) \(end)")
        return true
    }

    /// - Returns: false if nothing follows.
    private func appendTransport(_ number: UInt8, at offset: Int, isFragment: Bool, to text: inout [UInt8])
        -> Bool
    {
        switch IPProtocol(rawValue: number) {
        case .tcp: return packet.appendTCP(at: offset, isFragment: isFragment, parameters, to: &text)
        case .udp: return packet.appendUDP("UDP", at: offset, isFragment: isFragment, to: &text)
        case .udpLite: return packet.appendUDP("UDPLITE", at: offset, isFragment: isFragment, to: &text)
        case .icmpv6:
            text.append(text: "PROTO=ICMPv6 ")
            return isFragment || appendICMP(at: offset, to: &text)
        default:
            text.append(text: "PROTO=\(number) ")
            return true
        }
    }

    private func appendICMP(at offset: Int, to text: inout [UInt8]) -> Bool {
        guard packet.has(offset, 8) else {
            text.append(text: packet.incomplete(from: offset))
            return false
        }
        let type = packet.byte(offset)
        text.append(text: "TYPE=\(type) CODE=\(packet.byte(offset + 1)) ")
        switch type {
        case 128, 129:
            text.append(text: "ID=\(packet.uint16(offset + 4)) SEQ=\(packet.uint16(offset + 6)) ")
        case 1...4:
            if type == 4 { text.append(text: "POINTER=\(packet.uint32(offset + 4).hex(digits: 8)) ") }
            if start == 0 {
                text.append(text: "[")
                LoggedIPv6(quotedBy: self, at: offset + 8).append(to: &text)
                text.append(text: "] ")
            }
            if type == 2 { text.append(text: "MTU=\(packet.uint32(offset + 4)) ") }
        default: break
        }
        return true
    }
}
