/// One step of a compiled rule.
///
/// A leaf condition is one instruction; `and`, `or` and `not` are where its two exits lead, so a condition of any
/// depth stops at the first leaf that decides. A rule is its leaves in the order of testing, and then one
/// instruction that counts and acts. The exits of a rule's leaves lead to other leaves of the rule, to its action,
/// or to the next rule of the chain, so that a rule which fails at its first leaf costs one instruction.
struct Instruction: BitwiseCopyable {
    var opcode: Opcode
    /// Which field is tested: the raw value of a `PacketWord`, `NumberField`, `AddressField` …, or a detail of an
    /// action.
    var selector: UInt8
    /// The next instruction, by the test's answer. Actions go to `onTrue`; `jump` and `goto` to `onFalse`, `jump`
    /// coming back to `onTrue`.
    var onTrue: UInt32
    var onFalse: UInt32
    /// Operands, by opcode.
    var mask: UInt32 = 0
    var low: UInt32 = 0
    var span: UInt32 = 0
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
    /// The word, an interface, is in `CompiledRules.interfaceSets[low]`.
    case interfaceSet
    /// The low 32 bits of the address are in `low`, the high ones in `mask`.
    case sourceMAC
    case header
    /// The option's kind is `selector`.
    case tcpOption
    case hasConnection
    /// `low` is the history's number.
    case history
    case never

    // MARK: Actions. All of them count for the rule `low` first.

    /// No target: on to the next rule.
    case proceed
    case accept
    case drop
    /// `selector` is the index in `RejectKind.allCases`.
    case reject
    case log
    /// `span` is the value.
    case setMark
    case jump
    case goto
    /// RETURN, and the end of a user chain.
    case returnToCaller
    /// A base chain's policy.
    case policyAccept
    case policyDrop
}
