public import Packets

/// What a host's stack shows of itself in its packets.
public struct StackProfile: Hashable, Sendable {
    public var mac: MACAddress
    /// TTL or hop limit.
    public var hopLimit: UInt8
    public var maximumSegment: UInt16
    /// Nil if it doesn't scale windows.
    public var windowScale: UInt8?
    public var permitsSACK: Bool
    public var sendsTimestamps: Bool
    /// The receive window in bytes.
    public var window: UInt32
    public var initialSequence: UInt32

    public init(
        mac: MACAddress, hopLimit: UInt8 = 64, maximumSegment: UInt16 = 536, windowScale: UInt8? = nil,
        permitsSACK: Bool = false, sendsTimestamps: Bool = false, window: UInt32 = 65_535,
        initialSequence: UInt32 = 0
    ) {
        self.mac = mac
        self.hopLimit = hopLimit
        self.maximumSegment = maximumSegment
        self.windowScale = windowScale.map { min($0, 14) }
        self.permitsSACK = permitsSACK
        self.sendsTimestamps = sendsTimestamps
        self.window = window
        self.initialSequence = initialSequence
    }

    /// The gateway's own, on either side.
    public static func gateway(
        _ side: Peer, from local: Endpoint, to remote: Endpoint, seed: UInt64, at time: Timestamp
    ) -> StackProfile {
        StackProfile(
            mac: MACAddress(bits: side == .client ? 0x0200_0067_6801 : 0x0200_0067_6802),
            maximumSegment: local.address.family == .ipv4 ? 1460 : 1440, windowScale: 7, permitsSACK: true,
            sendsTimestamps: true, window: 262_144,
            initialSequence: initialSequence(from: local, to: remote, seed: seed, at: time))
    }

    /// A clock of 4 µs and a keyed hash of the connection (RFC 6528, 3).
    private static func initialSequence(
        from local: Endpoint, to remote: Endpoint, seed: UInt64, at time: Timestamp
    ) -> UInt32 {
        var bytes: [UInt8] = []
        for endpoint in [local, remote] {
            withUnsafeBytes(of: endpoint.address.bits.bigEndian) { bytes += $0 }
            withUnsafeBytes(of: endpoint.port.bigEndian) { bytes += $0 }
        }
        let hash = SipHash.hash(bytes, key: (seed, 0x6761_7465_686f_7573))
        return UInt32(truncatingIfNeeded: hash)
            &+ UInt32(truncatingIfNeeded: time.nanoseconds / 4000)
    }
}
