/// A sequence of numbers into which others are inserted anywhere, and from which they are removed, in pieces so
/// that a file of `-I` and `-D` takes no quadratic time.
struct InsertionOrder {
    private static let largestPiece = 1024
    /// None is empty.
    private var pieces: [[Int32]]
    private(set) var count: Int

    init(count: Int) {
        pieces = stride(from: 0, to: count, by: Self.largestPiece).map { lower in
            Array(Int32(lower)..<Int32(min(count, lower + Self.largestPiece)))
        }
        self.count = count
    }

    /// - Parameter position: from 0 to `count`.
    mutating func insert(_ number: Int, at position: Int) {
        let (piece, offset) = place(of: position)
        count += 1
        guard piece < pieces.count else {
            pieces.append([Int32(number)])
            return
        }
        pieces[piece].insert(Int32(number), at: offset)
        if pieces[piece].count > Self.largestPiece {
            let half = pieces[piece].count / 2
            pieces.insert(Array(pieces[piece][half...]), at: piece + 1)
            pieces[piece].removeSubrange(half...)
        }
    }

    /// - Parameter position: under `count`.
    mutating func remove(at position: Int) -> Int {
        let (piece, offset) = place(of: position + 1)
        let number = pieces[piece].remove(at: offset - 1)
        if pieces[piece].isEmpty { pieces.remove(at: piece) }
        count -= 1
        return Int(number)
    }

    /// - Parameter position: under `count`.
    subscript(position: Int) -> Int {
        let (piece, offset) = place(of: position + 1)
        return Int(pieces[piece][offset - 1])
    }

    /// The position of the first number that passes a test, and how many were tested.
    func firstPosition(where test: (Int) -> Bool) -> (position: Int?, tested: Int) {
        var position = 0
        for piece in pieces {
            for number in piece {
                if test(Int(number)) { return (position, position + 1) }
                position += 1
            }
        }
        return (nil, position)
    }

    var numbers: [Int] { pieces.flatMap { $0.map(Int.init) } }

    /// The piece that holds the number before a position, and the offset behind that number; of the first piece for 0.
    private func place(of position: Int) -> (piece: Int, offset: Int) {
        var piece = 0
        var rest = position
        while piece < pieces.count, rest > pieces[piece].count {
            rest -= pieces[piece].count
            piece += 1
        }
        return (piece, rest)
    }
}
