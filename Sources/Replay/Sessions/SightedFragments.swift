import Conntrack
import Packets

/// Puts fragments together before the gateway's stack sees anything, with the kernel's time-outs and bounds, for each place
/// where they were captured.
struct SightedFragments: Sendable {
    private static let placeLimit = 4096

    private var ipv4: Defragmenter
    private var ipv6: Defragmenter
    private var places: [Sighting: UInt32] = [:]
    private var nextPlace: UInt32 = 0

    init() {
        var settings = FragmentSettings()
        // A capture shows the fragments of many hosts' conversations at once.
        settings.ipv4MaximumDistance = 0
        ipv4 = Defragmenter(.ipv4, settings: settings)
        ipv6 = Defragmenter(.ipv6, settings: settings)
    }

    /// - Returns: the whole packet if this was its last missing fragment. One of which the capture cut a fragment never
    ///   gets whole.
    mutating func add(
        _ packet: Packet, _ frame: RawSpan, _ sighting: Sighting, at time: Timestamp
    ) -> Datagram? {
        guard !packet.flags.contains(.cutByCapture) else { return nil }
        let user = FragmentUser.captured(place: place(of: sighting))
        var metadata = PacketMetadata()
        metadata.timestamp = time
        let fate =
            packet.family == .ipv4
            ? ipv4.add(packet, metadata, bytes: frame, user: user)
            : ipv6.add(packet, metadata, bytes: frame, user: user)
        guard case .completed(let datagram) = fate, !datagram.packet.isFragment else { return nil }
        return datagram
    }

    private mutating func place(of sighting: Sighting) -> UInt32 {
        if let known = places[sighting] { return known }
        // What was held at places that are forgotten times out.
        if places.count == SightedFragments.placeLimit { places = [:] }
        nextPlace &+= 1
        places[sighting] = nextPlace
        return nextPlace
    }
}
