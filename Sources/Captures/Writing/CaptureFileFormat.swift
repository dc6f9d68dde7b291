/// The kinds of files that `CaptureWriter` makes.
public enum CaptureFileFormat: Hashable, Sendable, BitwiseCopyable {
    /// The classic format with nanoseconds: one interface without a name, no directions.
    case pcap
    /// The same with microseconds, for readers from before libpcap 1.5.
    case pcapMicroseconds
    /// Interfaces with names and link types of their own, directions; nanoseconds.
    case pcapng

    /// pcapng for a name that ends in ".pcapng" or ".ntar", else a pcap.
    public init(path: String) {
        let name = path.lowercased()
        self = name.hasSuffix(".pcapng") || name.hasSuffix(".ntar") ? .pcapng : .pcap
    }
}
