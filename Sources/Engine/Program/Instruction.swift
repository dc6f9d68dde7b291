/// One step of a compiled rule.
///
/// A rule is its leaf conditions in the order of testing, one instruction each, and then one that acts. Of a
/// test's two answers, one goes on to the next instruction, and the other takes the exit: to a later leaf or
/// the action of the same rule, or to the next rule. That is all that `and`, `or` and `not` come down to, so
/// a condition of any depth stops at the first leaf that decides, and a rule which fails at its first leaf
/// costs one instruction.
///
/// Where the next rule is, the engine knows without looking at the instruction; having it here instead made a
/// chain of loads, each waiting for the one before: 2.1 ns a rule.
struct Instruction: BitwiseCopyable {
    var opcode: Opcode
    /// Which field is tested: the raw value of a `PacketWord`, `NumberField`, `AddressField` …, or a detail
    /// of an action.
    var selector: UInt8 = 0
    /// The answer of a test that goes on to the next instruction.
    var fallsThroughIf = true
    /// The instruction to which the other answer leads, or `nextRule`. For a jump or goto, the `RuleID` of
    /// the called chain's first rule.
    var exit: UInt32 = Instruction.nextRule
    /// Operands, by opcode.
    var mask: UInt32 = 0
    var low: UInt32 = 0
    var span: UInt32 = 0

    static let nextRule = UInt32.max
}

enum Opcode: UInt8, BitwiseCopyable {
    // MARK: Tests

    /// `(word & mask) - low <= span`, the word being there.
    case word
    /// `(field & mask) - low <= span`, the field being there.
    case number
    /// The word is in one of `span` ranges from `CompiledRules.ranges[low]` on.
    case wordSet
    /// The same for a field.
    case numberSet
    /// `address & mask == value`; both are `CompiledRules.addresses[low]`.
    case maskedAddress
    /// Lower and upper bound are `CompiledRules.addresses[low]`.
    case addressRange
    /// `low` holds the `AddressTypes`, `mask` the `AddressTypeScope`.
    case addressType
    /// `selector` holds the `ReversePathTest`.
    case reversePath
    /// The word, an interface, is in `CompiledRules.interfaceSets[low]`.
    case interfaceSet
    /// The low 32 bits of the address are in `low`, the high ones in `mask`.
    case sourceMAC
    case header
    /// The option's kind is `selector`.
    case tcpOption
    case hasConnection
    /// `low` is the number in `CompiledRules.packetTests`.
    case packet
    /// `low` is the number in `CompiledRules.facts`, `selector` the answer that is given instead.
    case fact
    /// `low` is the history's number.
    case history
    /// No leaf: takes its exit.
    case leave

    // MARK: Actions. All of them count for the rule first.

    /// No target: on to the next rule.
    case proceed
    case accept
    case drop
    /// `selector` is the index in `RejectKind.allCases`.
    case reject
    case log
    /// Whatever the packet meets from here on goes to the kernel's log.
    case trace
    /// `low` is the value.
    case setMark
    /// What the engine can't do alone: `low` is the number in `CompiledRules.effects`.
    case effect
    case jump
    case goto
    /// RETURN, and the end of a user chain.
    case returnToCaller
    /// A base chain's policy.
    case policyAccept
    case policyDrop
}
