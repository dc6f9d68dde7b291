import Captures
import Packets
import Replay

/// Which answers of the host a capture holds soon after the packets that they answer.
struct CapturedAnswers {
    /// A host answers within a fraction of this.
    private static let reach: Int64 = 1_000_000_000
    private static let frames = 1024

    /// The answers ahead, by the number of frames that hold them.
    private var ahead: [AnswerKey: Int] = [:]
    /// In the order of the frames.
    private var places: [(capture: Int, frame: UInt64, key: AnswerKey)] = []
    private var firstPlace = 0

    /// Whether an answer to the current frame lies ahead.
    /// - Parameter isLeftOut: whether a filter leaves a frame out.
    mutating func hold(
        _ key: AnswerKey, _ stream: inout CaptureStream, _ replayer: borrowing Replayer,
        interface: (CaptureStream.Item) -> InterfaceID,
        isLeftOut: (CaptureStream.Item, RawSpan) throws -> Bool
    ) throws -> Bool {
        try stream.peek(frames: CapturedAnswers.frames, within: CapturedAnswers.reach) { item, bytes in
            let found = replayer.capturedAnswer(
                item.frame, bytes, capture: item.capture, captureInterface: interface(item))
            guard let found, try !isLeftOut(item, bytes) else { return }
            ahead[found, default: 0] += 1
            places.append((item.capture, item.number, found))
        }
        return ahead[key] != nil
    }

    /// Forgets the answer that is the current frame.
    mutating func pass(_ item: CaptureStream.Item) {
        guard firstPlace < places.count, places[firstPlace].capture == item.capture,
            places[firstPlace].frame == item.number
        else { return }
        let key = places[firstPlace].key
        ahead[key] = ahead[key].flatMap { $0 > 1 ? $0 - 1 : nil }
        firstPlace += 1
        if firstPlace == places.count {
            places.removeAll()
            firstPlace = 0
        }
    }
}
