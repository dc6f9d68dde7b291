/// The first four bytes of a classic pcap file: its byte order, its clock and its record header.
enum PcapMagic: Equatable {
    case microseconds(swapped: Bool)
    case nanoseconds(swapped: Bool)
    /// Alexey Kuznetzov's patch of libpcap: 8 more bytes in each record header.
    case kuznetzov(swapped: Bool)

    static let microsecondsNumber: UInt32 = 0xa1b2_c3d4
    static let nanosecondsNumber: UInt32 = 0xa1b2_3c4d
    static let kuznetzovNumber: UInt32 = 0xa1b2_cd34

    /// - Parameter number: the four bytes in the host's order.
    init?(_ number: UInt32) {
        switch number {
        case Self.microsecondsNumber: self = .microseconds(swapped: false)
        case Self.microsecondsNumber.byteSwapped: self = .microseconds(swapped: true)
        case Self.nanosecondsNumber: self = .nanoseconds(swapped: false)
        case Self.nanosecondsNumber.byteSwapped: self = .nanoseconds(swapped: true)
        case Self.kuznetzovNumber: self = .kuznetzov(swapped: false)
        case Self.kuznetzovNumber.byteSwapped: self = .kuznetzov(swapped: true)
        default: return nil
        }
    }

    var isSwapped: Bool {
        switch self {
        case .microseconds(let swapped), .nanoseconds(let swapped), .kuznetzov(let swapped): swapped
        }
    }
}
