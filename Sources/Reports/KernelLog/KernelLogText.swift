import Diagnostics
public import Engine
public import Packets
import RuleModel

/// The lines that LOG and TRACE write to the kernel's log (`net/netfilter/nf_log_syslog.c`), as `dmesg` shows them: the time
/// in brackets, which is the capture's, and the kernel's own text, with its blank at the end.
///
/// A packet's user (`--log-uid`) is in no capture, and left out, as the kernel does for packets without a socket.
public struct KernelLogText {
    private let book: RuleBook
    private let interfaces: InterfaceTable

    public init(_ book: RuleBook, interfaces: InterfaceTable) {
        self.book = book
        self.interfaces = interfaces
    }

    /// Nil for what doesn't go to the kernel's log: NFLOG and ULOG talk to programs.
    public func line(_ logged: LoggedPacket) -> String? {
        var parameters = LogParameters(tcpSequence: true, tcpOptions: true, ipOptions: true)
        if logged.isTrace {
            parameters.prefix = TraceText(book).prefix(of: logged.rule, logged.family) + " "
        } else {
            guard book.action(of: logged.rule, logged.family) == "LOG",
                case .log(let given)? = book.rules(logged.family)?.rule(logged.rule)?.target.action
            else { return nil }
            parameters = given
        }
        var text: [UInt8] = []
        text.append(text: "[")
        logged.metadata.timestamp.appendMicroseconds(to: &text)
        text.append(text: "] ")
        text.append(text: parameters.prefix)
        text.append(text: "IN=\(name(logged.metadata.inInterface, unless: logged.hook == .output))")
        text.append(text: " OUT=\(name(logged.metadata.outInterface, unless: logged.hook.precedesRouting)) ")
        if logged.metadata.inInterface != .none, logged.hook != .output {
            appendMAC(logged, parameters, to: &text)
        }
        switch logged.family {
        case .ipv4: LoggedIPv4(logged, parameters).append(to: &text)
        case .ipv6: LoggedIPv6(logged, parameters).append(to: &text)
        }
        return SafeText.line(String(decoding: text, as: UTF8.self))
    }

    private func name(_ id: InterfaceID, unless isAbsent: Bool) -> String {
        isAbsent ? "" : interfaces.name(of: id)
    }

    /// `dump_mac_header`: the Ethernet header of a packet that came in.
    private func appendMAC(_ logged: LoggedPacket, _ parameters: LogParameters, to text: inout [UInt8]) {
        let metadata = logged.metadata
        let type = logged.family == .ipv4 ? "0800" : "86dd"
        if parameters.macDecode {
            guard metadata.hasMACs else { return }
            text.append(
                text: "MACSRC=\(metadata.sourceMAC) MACDST=\(metadata.destinationMAC) MACPROTO=\(type) ")
            return
        }
        text.append(text: "MAC=")
        if metadata.hasMACs {
            text.append(
                text: "\(metadata.destinationMAC):\(metadata.sourceMAC):\(type.prefix(2)):\(type.suffix(2))")
        }
        text.append(text: " ")
    }
}

extension Hook {
    fileprivate var precedesRouting: Bool { self == .prerouting || self == .input }
}

extension Timestamp {
    /// Seconds since 1970 with six digits behind the point.
    fileprivate func appendMicroseconds(to buffer: inout [UInt8]) {
        appendSeconds(to: &buffer)
        buffer.removeLast(3)
    }
}

/// Reads a logged packet as `skb_header_pointer` does.
struct LoggedBytes {
    let bytes: [UInt8]
    /// The packet's length; the capture may hold fewer bytes.
    let length: Int

    func has(_ offset: Int, _ count: Int) -> Bool { offset >= 0 && offset + count <= bytes.count }
    func byte(_ offset: Int) -> UInt8 { bytes[offset] }
    func uint16(_ offset: Int) -> UInt16 { bytes.span.bytes.uint16(at: offset) }
    func uint32(_ offset: Int) -> UInt32 { bytes.span.bytes.uint32(at: offset) }

    /// `INCOMPLETE [7 bytes] `
    func incomplete(from offset: Int) -> String { "INCOMPLETE [\(max(0, length - offset)) bytes] " }

    /// Digits without separators.
    func hex(_ range: Range<Int>) -> String {
        range.map { bytes[$0].hex(digits: 2).uppercased() }.joined()
    }
}

extension FixedWidthInteger {
    /// Lower-case hexadecimal, with zeros in front.
    func hex(digits: Int) -> String {
        let text = String(self, radix: 16)
        return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
    }
}
