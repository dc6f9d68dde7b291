import Gateway
import Packets

/// Sessions and what the gateway says in them; `Fixtures/Transcripts/README.md` tells the format.
struct Transcript {
    struct Case {
        var name: String
        /// The line of its name, from 1.
        var line: Int
        var setup: TranscriptSetup
        var steps: [Step]
    }

    /// An event and the commands that follow it.
    struct Step {
        var line: Int
        var event: TranscriptEvent
        var commands: [String]
    }

    var cases: [Case] = []

    init(_ text: String) throws {
        var base = TranscriptSetup()
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = Transcript.trim(line)
            let failure = TranscriptError(line: number + 1)
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("case ") {
                let opened = Step(line: number + 1, event: TranscriptEvent(.opened), commands: [])
                cases.append(
                    Case(name: String(line.dropFirst(5)), line: number + 1, setup: base, steps: [opened]))
            } else if line.hasPrefix(">> ") {
                guard !cases.isEmpty, let event = TranscriptEvent(line.dropFirst(3)) else { throw failure }
                cases[cases.count - 1].steps.append(Step(line: number + 1, event: event, commands: []))
            } else if line.hasPrefix("<< ") {
                guard !cases.isEmpty else { throw failure }
                let step = cases[cases.count - 1].steps.count - 1
                cases[cases.count - 1].steps[step].commands.append(String(line.dropFirst(3)))
            } else if cases.isEmpty {
                guard base.take(line) else { throw failure }
            } else {
                guard cases[cases.count - 1].setup.take(line) else { throw failure }
            }
        }
    }

    private static func trim(_ line: Substring) -> Substring {
        var line = line.drop { $0 == " " }
        while line.last == " " { line.removeLast() }
        return line
    }
}

struct TranscriptError: Error {
    var line: Int
}

struct TranscriptEvent {
    enum Kind {
        case opened, end
        case wait(seconds: Double)
        case event(SessionEvent)
    }

    var kind: Kind

    init(_ event: SessionEvent) { kind = .event(event) }

    init?(_ text: Substring) {
        let words = text.split(separator: " ", maxSplits: 2)
        let rest = words.count > 1 ? String(text[words[1].startIndex...]) : ""
        let peer = Peer(rawValue: String(words[0]))
        switch (words[0], peer) {
        case ("end", _): kind = .end
        case ("wait", _):
            guard let seconds = Double(rest) else { return nil }
            kind = .wait(seconds: seconds)
        case (_, let peer?):
            guard let event = TranscriptEvent.event(peer, rest) else { return nil }
            kind = .event(event)
        default: return nil
        }
    }

    private static func event(_ peer: Peer, _ text: String) -> SessionEvent? {
        switch text {
        case "closed": .closed(peer)
        case "reset": .reset(peer)
        case "gap": .gap(peer)
        case "overlap": .overlapConflict(peer)
        case "opened": .serverOpened
        case "full": .writable(peer, false)
        case "writable": .writable(peer, true)
        case "refused", "timeout", "unreachable", "unresolved": .serverFailed(ServerFailure(rawValue: text)!)
        default: TranscriptText.bytes(text).map { .data(peer, $0) }
        }
    }
}

/// Bytes as a transcript writes them: `"text\r\n\x00"`, `hex 0a0b`, several joined by ` + `; `"a"*100` repeats.
enum TranscriptText {
    static func bytes(_ text: String) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            if rest.hasPrefix("hex ") {
                let digits = rest.dropFirst(4).prefix { $0.isHexDigit }.compactMap(\.hexDigitValue)
                guard digits.count % 2 == 0 else { return nil }
                result += stride(from: 0, to: digits.count, by: 2).map {
                    UInt8(digits[$0] << 4 | digits[$0 + 1])
                }
                rest = rest.dropFirst(4 + digits.count)
            } else {
                guard let (piece, behind) = quoted(rest) else { return nil }
                rest = behind
                var count = 1
                if rest.hasPrefix("*") {
                    let digits = rest.dropFirst().prefix { $0.isNumber }
                    guard let number = Int(digits) else { return nil }
                    count = number
                    rest = rest.dropFirst(1 + digits.count)
                }
                for _ in 0..<count { result += piece }
            }
            if rest.hasPrefix(" + ") { rest = rest.dropFirst(3) } else if !rest.isEmpty { return nil }
        }
        return result
    }

    private static func quoted(_ text: Substring) -> ([UInt8], Substring)? {
        guard text.first == "\"" else { return nil }
        var bytes: [UInt8] = []
        var rest = text.utf8.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return (bytes, Substring(rest))
            case UInt8(ascii: "\\"):
                switch rest.popFirst() {
                case UInt8(ascii: "r"): bytes.append(13)
                case UInt8(ascii: "n"): bytes.append(10)
                case UInt8(ascii: "t"): bytes.append(9)
                case UInt8(ascii: "x"):
                    guard let number = UInt8(String(Substring(rest.prefix(2))), radix: 16) else { return nil }
                    bytes.append(number)
                    rest = rest.dropFirst(2)
                case let other?: bytes.append(other)
                case nil: return nil
                }
            default: bytes.append(byte)
            }
        }
        return nil
    }

    static func quote(_ bytes: [UInt8]) -> String {
        var text = "\""
        for byte in bytes {
            switch byte {
            case 13: text += "\\r"
            case 10: text += "\\n"
            case 9: text += "\\t"
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7f: text += String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16)
                text += "\\x" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return text + "\""
    }
}
