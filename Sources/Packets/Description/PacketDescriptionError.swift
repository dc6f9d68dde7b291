/// Why a text is no packet in words, and where.
public struct PacketDescriptionError: Error, Hashable, Sendable {
    /// UTF-8 bytes from the text's beginning; an empty range at its end if something is missing there.
    public var range: Range<Int>
    public var message: String
    /// What to write in place of `range`, if one reading is close.
    public var suggestion: String?
}
