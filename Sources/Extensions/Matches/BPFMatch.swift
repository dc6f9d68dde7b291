public import RuleModel

/// `-m bpf`, revision 1 (extensions/libxt_bpf.c; net/netfilter/xt_bpf.c): a program of the classic packet filter, as
/// `nfbpf_compile RAW` writes it. What a pinned object does isn't known, nor what a program reads that no capture has.
public struct BPFMatch: Match {
    public static let schema = ExtensionSchema(
        "bpf", options: [OptionSpec("--bytecode"), OptionSpec("--object-pinned")])

    /// `XT_BPF_MAX_NUM_INSTR`
    private static let capacity = 64
    /// `XT_BPF_PATH_MAX`, less the NUL at the end.
    private static let pathLength = 511

    private enum Filter: Sendable {
        case program(ClassicBPF)
        case pinned(String)
    }

    private let filter: Filter

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.exactlyOne(of: ["--bytecode", "--object-pinned"]) else { return nil }
        let argument = option.arguments[0]
        guard option.name == "--bytecode" else {
            guard (1...BPFMatch.pathLength).contains(argument.text.utf8.count) else {
                reader.error("a path has 1 to \(BPFMatch.pathLength) bytes", at: argument.range)
                return nil
            }
            filter = .pinned(argument.text)
            return
        }
        guard let instructions = BPFMatch.instructions(argument, &reader) else { return nil }
        do {
            filter = .program(try ClassicBPF(instructions))
        } catch {
            reader.error("instruction \(error.instruction + 1): \(error.message)", at: argument.range)
            return nil
        }
    }

    /// `bpf_parse_string`: the number of instructions, a comma, and each as `code jt jf k` with commas between.
    private static func instructions(
        _ argument: Argument, _ reader: inout OptionReader
    ) -> [ClassicBPF.Instruction]? {
        let pieces = argument.text.split(separator: ",", omittingEmptySubsequences: false)
        guard pieces.count > 1, let count = decimal(pieces[0]), count > 0, count <= capacity else {
            reader.error(
                "bytecode begins with its number of instructions, 1 to \(capacity)", at: argument.range)
            return nil
        }
        // One comma may stand at the end.
        var rest = pieces.dropFirst()
        if rest.last?.isEmpty == true { rest.removeLast() }
        guard rest.count == Int(count) else {
            reader.error(
                "bytecode says it has \(count) instructions, and has \(rest.count)", at: argument.range)
            return nil
        }
        var instructions: [ClassicBPF.Instruction] = []
        for piece in rest {
            let numbers = piece.split(whereSeparator: \.isWhitespace).map { decimal($0) }
            guard numbers.count == 4, let code = numbers[0].flatMap(UInt16.init(exactly:)),
                let jumpTrue = numbers[1].flatMap(UInt8.init(exactly:)),
                let jumpFalse = numbers[2].flatMap(UInt8.init(exactly:)), let k = numbers[3]
            else {
                reader.error(
                    "an instruction is four numbers: code, jump if true, jump if false, k", at: argument.range
                )
                return nil
            }
            instructions.append(
                ClassicBPF.Instruction(code: code, jumpTrue: jumpTrue, jumpFalse: jumpFalse, k: k))
        }
        return instructions
    }

    private static func decimal(_ text: Substring) -> UInt32? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt32(text) : nil
    }

    public var condition: Condition {
        switch filter {
        case .pinned(let path): return .fact(FactTest(fact: "bpf", summary: "BPF object \(path)"))
        case .program(let program):
            let summary = "BPF program \(text(program))"
            guard program.readsOnlyPacket else { return .fact(FactTest(fact: "bpf", summary: summary)) }
            return .packet(
                PacketTest(summary: summary) { context, bytes in TestAnswer(program.run(context, bytes) != 0)
                })
        }
    }

    private func text(_ program: ClassicBPF) -> String {
        let steps = program.instructions.map { "\($0.code) \($0.jumpTrue) \($0.jumpFalse) \($0.k)" }
        return "\(steps.count),\(steps.joined(separator: ","))"
    }

    public var savedWords: [String] {
        switch filter {
        case .pinned(let path): savedOption("--object-pinned", path)
        case .program(let program): savedOption("--bytecode", "\"\(text(program))\"")
        }
    }
}
