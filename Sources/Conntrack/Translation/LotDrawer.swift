/// Random numbers that are the same in every run (SplitMix64, Steele et al. 2014), for what the kernel draws lots over.
struct LotDrawer: BitwiseCopyable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// `get_random_u16`
    mutating func draw() -> UInt16 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return UInt16(truncatingIfNeeded: word ^ word >> 31)
    }
}
