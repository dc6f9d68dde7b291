import RuleModel

/// Chance that is the same in every run with the same seed (the SplitMix64 generator). All rules of a run draw from one
/// sequence, as the kernel's do (`get_random_u32`), so that no two rules go by the same lots.
final class Lots {
    private var state: UInt64
    private let record: ChanceRecord

    static func shared(_ memory: SharedMemory) -> Lots { memory.object("lots") { Lots(memory) } }

    init(_ memory: SharedMemory) {
        state = memory.seed
        record = memory.chance
    }

    func draw() -> UInt32 {
        record.hasDrawn = true
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        bits ^= bits >> 31
        return UInt32(bits >> 32)
    }
}
