/// Text in payloads, byte by byte: helpers read what may be anything.
extension UInt8 {
    var isDigit: Bool { (0x30...0x39).contains(self) }

    var digit: UInt8? { isDigit ? self - 0x30 : nil }

    /// Of ASCII letters.
    var lowercased: UInt8 { (0x41...0x5a).contains(self) ? self | 0x20 : self }
}
