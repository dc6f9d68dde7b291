/// In which zones a packet's connection has its two tuples (`nf_ct_zone_id`).
public struct TupleZones: Hashable, Sendable, BitwiseCopyable {
    public var original: UInt16
    public var reply: UInt16

    public init(original: UInt16 = 0, reply: UInt16 = 0) {
        self.original = original
        self.reply = reply
    }
}
