public import Packets

/// The answer to a test that may find a packet unbearable.
public enum TestAnswer: Hashable, Sendable, BitwiseCopyable {
    case holds, fails
    /// The packet is dropped at once; no rule and no policy counts it (`par->hotdrop`).
    case hotdrop

    public init(_ holds: Bool) { self = holds ? .holds : .fails }

    public var negated: TestAnswer {
        switch self {
        case .holds: .fails
        case .fails: .holds
        case .hotdrop: .hotdrop
        }
    }
}

/// What a rule's test may look at; the frame's bytes come beside it.
public struct TestContext: Sendable, BitwiseCopyable {
    public let packet: Packet
    public let metadata: PacketMetadata
    public let flow: FlowView
    public let hook: Hook

    public init(packet: Packet, metadata: PacketMetadata, flow: FlowView, hook: Hook) {
        self.packet = packet
        self.metadata = metadata
        self.flow = flow
        self.hook = hook
    }
}
