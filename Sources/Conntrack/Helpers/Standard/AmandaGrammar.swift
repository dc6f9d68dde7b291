/// The ports that a client of the Amanda backup answers its server with (`nf_conntrack_amanda.c`):
/// `CONNECT DATA 11001 MESG 11002 INDEX 11003\n`.
enum AmandaGrammar {
    static let words = ["DATA ", "MESG ", "INDEX ", "STATE "]

    struct Port: Equatable {
        var number: UInt16
        /// From the payload's first byte.
        var range: Range<Int>
    }

    enum Answer: Equatable {
        case none
        /// There is a word and no port behind it: no further one is read.
        case unreadable
        case port(Port)
    }

    /// What is behind `CONNECT` up to the end of the line.
    static func line(_ payload: ArraySlice<UInt8>) -> Range<Int>? {
        let bytes = Array(payload)
        guard let connect = find(Array("CONNECT ".utf8), in: bytes, 0, bytes.count) else { return nil }
        let start = connect + 8
        guard let stop = find([0x0a], in: bytes, start, bytes.count) else { return nil }
        return start..<stop
    }

    /// - Parameter line: as it was found, though earlier ports may have changed their lengths since.
    static func port(_ word: String, _ payload: ArraySlice<UInt8>, line: Range<Int>) -> Answer {
        let bytes = Array(payload)
        let pattern = Array(word.utf8)
        guard let place = find(pattern, in: bytes, line.lowerBound, line.upperBound) else { return .none }
        let start = place + pattern.count
        // The kernel takes a negative length for a large one.
        let most = start <= line.upperBound ? min(5, line.upperBound - start) : 5
        guard start + most <= bytes.count else { return .unreadable }
        let digits = bytes[start..<start + most].prefix(while: \.isDigit)
        let number = digits.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - 0x30) }
        let port = UInt16(truncatingIfNeeded: number)
        guard port != 0 else { return .unreadable }
        return .port(Port(number: port, range: start..<start + digits.count))
    }

    /// `skb_find_text`: where it begins, not behind `end`.
    private static func find(_ pattern: [UInt8], in bytes: [UInt8], _ start: Int, _ end: Int) -> Int? {
        var at = start
        while at <= end, at + pattern.count <= bytes.count {
            if bytes[at] == pattern[0], bytes[at...].starts(with: pattern) { return at }
            at += 1
        }
        return nil
    }
}
