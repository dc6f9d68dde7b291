import Packets

/// The largest captured length that libpcap takes for sane (`max_snaplen_for_dlt` in its pcap-common.c).
func maximumSnapLength(_ linkType: LinkType) -> UInt32 {
    switch linkType.rawValue {
    case 231: 128 << 20  // LINKTYPE_DBUS
    case 249: 1 << 20  // LINKTYPE_USBPCAP
    case 279: 8 << 20  // LINKTYPE_EBHSCR
    default: 262_144
    }
}

/// A file's snapshot length as libpcap reads it (`pcap_adjust_snapshot`).
func adjustedSnapLength(_ stored: UInt32, _ linkType: LinkType) -> UInt32 {
    stored == 0 || stored > UInt32(Int32.max) ? maximumSnapLength(linkType) : stored
}
