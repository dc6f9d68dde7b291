/// Collects a hello from records (RFC 8446, 5.1), however it is cut into them.
struct TLSHelloReader: Sendable {
    enum Progress: Sendable {
        case incomplete
        case hello(TLSHello)
        /// A server's alert: it refuses.
        case alert
        case notTLS
    }

    private let kind: TLSHello.Kind
    /// All bytes so far, as they came; what is behind the hello included.
    private(set) var bytes: [UInt8] = []
    /// Where the next record starts.
    private var next = 0
    /// The handshake message so far, with its header.
    private var message: [UInt8] = []

    /// The most of a record's fragment, with what encryption may add (RFC 8446, 5.2).
    private static let longestFragment = 16_384 + 256

    init(_ kind: TLSHello.Kind) { self.kind = kind }

    /// Takes what comes behind the hello.
    mutating func append(_ more: [UInt8]) { bytes += more }

    mutating func read(_ more: [UInt8]) -> Progress {
        append(more)
        while true {
            let header = bytes[next...].prefix(5)
            guard isPossible(header) else { return .notTLS }
            if header.first == 21, kind == .server { return .alert }
            // The message's start is looked at before its record is complete.
            if message.isEmpty, let type = bytes[next...].dropFirst(5).first, type != kind.rawValue {
                return .notTLS
            }
            guard header.count == 5 else { return .incomplete }
            let length = Int(header[next + 3]) << 8 | Int(header[next + 4])
            guard bytes.count - next - 5 >= length else { return .incomplete }
            message += bytes[(next + 5)..<(next + 5 + length)]
            next += 5 + length
            if message[0] != kind.rawValue { return .notTLS }
            guard message.count >= 4 else { continue }
            let size = Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3])
            guard message.count - 4 >= size else { continue }
            guard kind == .server || message.count - 4 == size,
                let hello = TLSHello(kind, message[4..<(4 + size)])
            else { return .notTLS }
            return .hello(hello)
        }
    }

    /// Whether it is the start of a record of the handshake. Servers may refuse with an alert.
    private func isPossible(_ header: ArraySlice<UInt8>) -> Bool {
        var fields = Array(header)
        guard !fields.isEmpty else { return true }
        let type = fields.removeFirst()
        guard type == 22 || (type == 21 && kind == .server && message.isEmpty) else { return false }
        guard fields.first.map({ $0 == 3 }) ?? true, fields.count < 2 || fields[1] <= 4 else { return false }
        guard fields.count == 4 else { return fields.count < 3 || fields[2] <= 0x41 }
        let length = Int(fields[2]) << 8 | Int(fields[3])
        return length > 0 && length <= TLSHelloReader.longestFragment
    }
}
