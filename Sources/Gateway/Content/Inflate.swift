/// DEFLATE (RFC 1951): the first bytes of what is compressed.
///
/// Stops at its limit, at the stream's end, where the input ends and where it makes no sense; what came before that
/// stands. Time and memory are bounded by the input and the limit.
struct Inflate {
    private let input: ArraySlice<UInt8>
    private let limit: Int
    private var position: Int
    private var bits: UInt32 = 0
    private var bitCount = 0
    private(set) var output: [UInt8] = []

    private struct Stop: Error {}

    /// - Parameter limit: how many bytes of output are wanted.
    static func prefix(of input: ArraySlice<UInt8>, limit: Int) -> [UInt8] {
        var inflate = Inflate(input: input, limit: limit)
        // The end of the input or of what is wanted ends it, too.
        do throws(Stop) { try inflate.run() } catch {}
        return inflate.output
    }

    private init(input: ArraySlice<UInt8>, limit: Int) {
        self.input = input
        self.limit = limit
        position = input.startIndex
    }

    private mutating func run() throws(Stop) {
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try copyStored()
            case 1: try inflateBlock(Inflate.fixedLengths, Inflate.fixedDistances)
            case 2:
                let (lengths, distances) = try readCodes()
                try inflateBlock(lengths, distances)
            default: throw Stop()
            }
        }
    }

    private mutating func take(_ count: Int) throws(Stop) -> Int {
        while bitCount < count {
            guard position < input.endIndex else { throw Stop() }
            bits |= UInt32(input[position]) << UInt32(bitCount)
            position += 1
            bitCount += 8
        }
        let value = bits & ((1 << UInt32(count)) - 1)
        bits >>= UInt32(count)
        bitCount -= count
        return Int(value)
    }

    private mutating func append(_ byte: UInt8) throws(Stop) {
        guard output.count < limit else { throw Stop() }
        output.append(byte)
    }

    /// 3.2.4.
    private mutating func copyStored() throws(Stop) {
        bits = 0
        bitCount = 0
        let length = try take(16)
        guard try take(16) == length ^ 0xffff else { throw Stop() }
        for _ in 0..<length { try append(UInt8(try take(8))) }
    }

    private mutating func inflateBlock(_ lengths: HuffmanCode, _ distances: HuffmanCode) throws(Stop) {
        while true {
            let symbol = try decode(lengths)
            if symbol < 256 {
                try append(UInt8(symbol))
            } else if symbol == 256 {
                return
            } else {
                guard symbol - 257 < Inflate.lengthBases.count else { throw Stop() }
                let length = Inflate.lengthBases[symbol - 257] + (try take(Inflate.lengthBits[symbol - 257]))
                let code = try decode(distances)
                guard code < Inflate.distanceBases.count else { throw Stop() }
                let distance = Inflate.distanceBases[code] + (try take(Inflate.distanceBits[code]))
                guard distance <= output.count else { throw Stop() }
                for _ in 0..<length { try append(output[output.count - distance]) }
            }
        }
    }

    private mutating func decode(_ code: HuffmanCode) throws(Stop) -> Int {
        var value = 0
        var first = 0
        var index = 0
        for length in 1..<HuffmanCode.longest + 1 {
            value |= try take(1)
            let count = code.counts[length]
            if value - first < count { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw Stop()
    }

    /// 3.2.7.
    private mutating func readCodes() throws(Stop) -> (HuffmanCode, HuffmanCode) {
        let lengthCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        let codeCount = try take(4) + 4
        var codeLengths = [Int](repeating: 0, count: 19)
        for index in 0..<codeCount { codeLengths[Inflate.codeOrder[index]] = try take(3) }
        let code = HuffmanCode(codeLengths[...])
        var lengths: [Int] = []
        while lengths.count < lengthCount + distanceCount {
            let symbol = try decode(code)
            switch symbol {
            case 16:
                guard let last = lengths.last else { throw Stop() }
                lengths += [Int](repeating: last, count: 3 + (try take(2)))
            case 17: lengths += [Int](repeating: 0, count: 3 + (try take(3)))
            case 18: lengths += [Int](repeating: 0, count: 11 + (try take(7)))
            default: lengths.append(symbol)
            }
        }
        guard lengths.count == lengthCount + distanceCount else { throw Stop() }
        return (HuffmanCode(lengths[..<lengthCount]), HuffmanCode(lengths[lengthCount...]))
    }

    private static let codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    /// 3.2.5.
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
        195,
        227, 258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
        4097,
        6145, 8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    /// 3.2.6.
    private static let fixedLengths = HuffmanCode(
        ([Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112) + [Int](repeating: 7, count: 24)
            + [Int](repeating: 8, count: 8))[...])
    private static let fixedDistances = HuffmanCode([Int](repeating: 5, count: 30)[...])
}

/// A canonical Huffman code (RFC 1951, 3.2.2).
private struct HuffmanCode {
    static let longest = 15
    /// How many codes there are of each length.
    var counts = [Int](repeating: 0, count: longest + 1)
    /// In the order of their codes.
    var symbols: [Int] = []

    init(_ lengths: ArraySlice<Int>) {
        for length in lengths where length > 0 { counts[length] += 1 }
        for length in 1...HuffmanCode.longest {
            for (symbol, own) in lengths.enumerated() where own == length { symbols.append(symbol) }
        }
    }
}
