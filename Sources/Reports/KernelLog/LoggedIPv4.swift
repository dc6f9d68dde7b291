import Engine
import Packets
import RuleModel

/// The text of an IPv4 packet in the kernel's log (`dump_ipv4_packet`).
struct LoggedIPv4 {
    private let packet: LoggedBytes
    private let parameters: LogParameters
    private let mark: UInt32
    /// Where the IP header is; an ICMP error quotes one.
    private let start: Int

    init(_ logged: LoggedPacket, _ parameters: LogParameters) {
        packet = LoggedBytes(bytes: logged.bytes, length: Int(logged.length))
        self.parameters = parameters
        mark = logged.metadata.mark
        start = 0
    }

    private init(quotedBy outer: LoggedIPv4, at start: Int) {
        packet = outer.packet
        parameters = outer.parameters
        mark = 0
        self.start = start
    }

    private func address(_ offset: Int) -> String { "\(IPAddress.v4(packet.uint32(offset)))" }

    func append(to text: inout [UInt8]) {
        guard packet.has(start, 20) else {
            text.append(text: "TRUNCATED")
            return
        }
        let tos = packet.byte(start + 1)
        text.append(text: "SRC=\(address(start + 12)) DST=\(address(start + 16)) ")
        // A length of 0 is that of a packet too long for the field (`iph_totlen`).
        let field = packet.uint16(start + 2)
        let length = field == 0 && start == 0 ? packet.length : Int(field)
        text.append(text: "LEN=\(length) TOS=0x\((tos & 0x1e).hex(digits: 2).uppercased()) ")
        text.append(text: "PREC=0x\((tos & 0xe0).hex(digits: 2).uppercased()) ")
        text.append(text: "TTL=\(packet.byte(start + 8)) ID=\(packet.uint16(start + 4)) ")
        let fragment = packet.uint16(start + 6)
        if fragment & 0x8000 != 0 { text.append(text: "CE ") }
        if fragment & 0x4000 != 0 { text.append(text: "DF ") }
        if fragment & 0x2000 != 0 { text.append(text: "MF ") }
        if fragment & 0x1fff != 0 { text.append(text: "FRAG:\(fragment & 0x1fff) ") }
        let headerLength = Int(packet.byte(start) & 0x0f) * 4
        if parameters.ipOptions, headerLength > 20 {
            guard packet.has(start, headerLength) else {
                text.append(text: "TRUNCATED")
                return
            }
            text.append(text: "OPT (\(packet.hex(start + 20..<start + headerLength))) ")
        }
        guard appendTransport(at: start + headerLength, isFragment: fragment & 0x1fff != 0, to: &text) else {
            return
        }
        if start == 0, mark != 0 { text.append(text: "MARK=0x\(String(mark, radix: 16)) ") }
    }

    /// - Returns: false if nothing follows.
    private func appendTransport(at offset: Int, isFragment: Bool, to text: inout [UInt8]) -> Bool {
        let number = packet.byte(start + 9)
        switch IPProtocol(rawValue: number) {
        case .tcp: return packet.appendTCP(at: offset, isFragment: isFragment, parameters, to: &text)
        case .udp: return packet.appendUDP("UDP", at: offset, isFragment: isFragment, to: &text)
        case .udpLite: return packet.appendUDP("UDPLITE", at: offset, isFragment: isFragment, to: &text)
        case .icmp:
            text.append(text: "PROTO=ICMP ")
            if !isFragment { appendICMP(at: offset, to: &text) }
        case .ah:
            if !isFragment { appendSPI("AH", at: offset, size: 12, field: 4, to: &text) }
        case .esp:
            if isFragment {
                text.append(text: "PROTO=ESP ")
            } else {
                appendSPI("ESP", at: offset, size: 8, field: 0, to: &text)
            }
        default: text.append(text: "PROTO=\(number) ")
        }
        return true
    }

    private func appendSPI(_ name: String, at offset: Int, size: Int, field: Int, to text: inout [UInt8]) {
        text.append(text: "PROTO=\(name) ")
        if packet.has(offset, size) {
            text.append(text: "SPI=0x\(String(packet.uint32(offset + field), radix: 16)) ")
        } else {
            text.append(text: packet.incomplete(from: offset))
        }
    }

    private func appendICMP(at offset: Int, to text: inout [UInt8]) {
        guard packet.has(offset, 8) else {
            text.append(text: packet.incomplete(from: offset))
            return
        }
        let type = packet.byte(offset)
        let code = packet.byte(offset + 1)
        text.append(text: "TYPE=\(type) CODE=\(code) ")
        let needed: Int =
            switch type {
            case 3, 4, 5, 11, 12: 28
            case 13, 14: 20
            case 17, 18: 12
            default: 0
            }
        guard packet.length - offset >= needed else {
            text.append(text: packet.incomplete(from: offset))
            return
        }
        switch type {
        case 0, 8:
            text.append(text: "ID=\(packet.uint16(offset + 4)) SEQ=\(packet.uint16(offset + 6)) ")
        case 12: text.append(text: "PARAMETER=\(packet.byte(offset + 4)) ")
        case 5: text.append(text: "GATEWAY=\(address(offset + 4)) ")
        default: break
        }
        guard [3, 4, 5, 11].contains(type) else { return }
        if start == 0 {
            text.append(text: "[")
            LoggedIPv4(quotedBy: self, at: offset + 8).append(to: &text)
            text.append(text: "] ")
        }
        if type == 3, code == 4 { text.append(text: "MTU=\(packet.uint16(offset + 6)) ") }
    }
}
