/// The comments of a capture: the first thousand, the first 1,024 bytes of each, and the number of the
/// others.
struct PcapngComments {
    static let countLimit = 1000
    static let textLimit = 1024

    private(set) var list: [CaptureComment] = []
    private(set) var omitted: UInt64 = 0

    /// The text is made only when it is kept.
    mutating func add(_ subject: CaptureComment.Subject, _ text: @autoclosure () -> String) {
        if list.count < Self.countLimit {
            list.append(CaptureComment(subject: subject, text: text()))
        } else {
            omitted += 1
        }
    }
}
