/// The packet that an ICMP error quotes.
extension PacketRewriter {
    mutating func rewriteQuoted(_ translation: PacketTranslation) {
        let inner = transport + 8
        let length = packet.family == .ipv4 ? 20 : 40
        guard inner + length <= end else { return }
        let outerChange = InternetChecksum.sum(bytes.span.bytes, from: inner, count: end - inner)
        let innerTransport = quotedTransport(inner)
        let old = header(at: inner, packet.family)
        let source = translation.destination?.address ?? old.source
        let destination = translation.source?.address ?? old.destination
        var change = ChecksumChange()
        if translation.transportProtocol != .icmp {
            change.replace(old.source, source)
            change.replace(old.destination, destination)
        }
        if let innerTransport {
            rewriteQuotedPorts(translation, at: innerTransport, &change)
            updateChecksum(translation.transportProtocol, at: innerTransport, change)
        }
        if packet.family == .ipv4 {
            var header = ChecksumChange()
            header.replace(old.source, source)
            header.replace(old.destination, destination)
            bytes.set(header.applied(to: bytes.uint16(at: inner + 10)), at: inner + 10)
        }
        write(source, destination, at: inner, packet.family)
        var whole = ChecksumChange()
        whole.replace(
            sum: outerChange, by: InternetChecksum.sum(bytes.span.bytes, from: inner, count: end - inner))
        bytes.set(whole.applied(to: bytes.uint16(at: transport + 2)), at: transport + 2)
    }

    private mutating func rewriteQuotedPorts(
        _ translation: PacketTranslation, at offset: Int, _ change: inout ChecksumChange
    ) {
        guard offset + 8 <= end else { return }
        func port(_ end: PacketTranslation.End?, _ place: Int, _ bytes: inout [UInt8]) {
            guard let end else { return }
            change.replace(bytes.uint16(at: place), end.port)
            bytes.set(end.port, at: place)
        }
        if translation.transportProtocol.hasTranslatedPorts {
            port(translation.destination, offset, &bytes)
            port(translation.source, offset + 2, &bytes)
        } else if bytes[offset].isTranslatedQuery(translation.transportProtocol) {
            port(translation.source ?? translation.destination, offset + 4, &bytes)
        }
    }

    /// Where the quoted packet's upper layer begins; nil if it isn't there.
    private func quotedTransport(_ inner: Int) -> Int? {
        guard packet.family == .ipv6 else { return inner + Int(bytes[inner] & 0x0f) * 4 }
        var next = bytes[inner + 6]
        var offset = inner + 40
        while ExtensionHeader.isExtension(next) {
            guard next != ExtensionHeader.noNext, offset + 2 <= end else { return nil }
            let unit = Int(bytes[offset + 1])
            let length =
                switch next {
                case ExtensionHeader.fragment: 8
                case ExtensionHeader.authentication: (unit + 2) * 4
                default: (unit + 1) * 8
                }
            next = bytes[offset]
            offset += length
        }
        return offset
    }
}
