import Packets

/// One end of a connection that is written as packets: what it has sent, got and still has to send. Places are
/// offsets from the initial sequence number: the SYN is 0, the first byte 1.
struct ConnectionEnd: Sendable {
    let endpoint: Endpoint
    let profile: StackProfile
    /// The next place to send from.
    var sent: Int64 = 0
    /// What the other end is known to have.
    var acknowledged: Int64 = 0
    /// What has come from the other end, and what of it was told there.
    var received: Int64 = 0
    var told: Int64 = 0
    /// What the other end's last packet allows, in bytes.
    var allowed: Int64 = 0
    var unsent: [UInt8] = []
    /// How much of `unsent` is sent.
    var unsentStart = 0
    var closes = false
    var hasSentFIN = false
    /// What the next packet echoes.
    var echo: UInt32 = 0
    private var identification: UInt16

    init(_ endpoint: Endpoint, _ profile: StackProfile) {
        self.endpoint = endpoint
        self.profile = profile
        identification = UInt16(truncatingIfNeeded: profile.initialSequence >> 8)
    }

    var hasUnsent: Bool { unsentStart < unsent.count }
    /// Everything, the FIN too, has reached the other end.
    var isDone: Bool { hasSentFIN && acknowledged == sent }

    mutating func takeUnsent(_ count: Int) -> [UInt8] {
        let bytes = Array(unsent[unsentStart..<unsentStart + count])
        unsentStart += count
        if unsentStart == unsent.count {
            unsent = []
            unsentStart = 0
        }
        return bytes
    }

    mutating func nextIdentification() -> UInt16 {
        identification &+= 1
        return identification
    }

    /// Milliseconds, from an origin of its own.
    func timestampValue(at time: Timestamp) -> UInt32 {
        UInt32(truncatingIfNeeded: time.nanoseconds / 1_000_000) &+ profile.initialSequence
    }

    var windowBytes: UInt32 { max(profile.window, 4096) }

    /// The window field of a packet; never zero, nobody would open it again.
    func windowField(isScaled: Bool) -> UInt16 {
        UInt16(clamping: isScaled ? max(1, windowBytes >> UInt32(profile.windowScale ?? 0)) : windowBytes)
    }
}
