extension Packet {
    /// The SPI of an ESP or AH header (RFC 4303 2.1, RFC 4302 2.3); nil without a whole one.
    public func securityParameterIndex(_ bytes: RawSpan) -> UInt32? {
        guard flags.contains(.hasTransportHeader) else { return nil }
        switch transportProtocol {
        case .esp: return bytes.uint32(at: Int(transportOffset))
        case .ah: return bytes.uint32(at: Int(transportOffset) + 4)
        default: return nil
        }
    }
}
