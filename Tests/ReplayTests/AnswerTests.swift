import Engine
import Packets
import Replay
import Testing

/// What a packet left isn't taken for the next frame's.
@Suite struct AnswerTests {
    @Test func aFrameThatIsNoPacketHasNoAnswer() throws {
        var lab = try CounterfactualLaboratory()
        lab.ask(.syn, 1, "", .refused)
        #expect(lab.replayer.firewall.answer != nil)
        let frame = Frame(
            timestamp: Timestamp(nanoseconds: 5_000_000), originalLength: 60, linkType: .ethernet)
        // ARP.
        let bytes: [UInt8] = Array(repeating: 0xff, count: 12) + [8, 6] + Array(repeating: 0, count: 46)
        let result = lab.replayer.process(frame, bytes.span.bytes, capture: 0, frameNumber: 2)
        if case .notIP = result.outcome {} else { Issue.record("\(result.outcome)") }
        #expect(lab.replayer.firewall.answer == nil)
    }
}
