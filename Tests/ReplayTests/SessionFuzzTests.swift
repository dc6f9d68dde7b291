import Captures
import Engine
import Foundation
import Gateway
import Packets
import TestSupport
import Testing

@testable import Replay

/// Captures damaged at random: whatever comes, every frame is counted once, and what is written stays valid.
@Suite struct SessionFuzzTests {
    private typealias Captured = (frame: Frame, bytes: [UInt8], capture: Int)

    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func read(_ names: [String]) throws -> [Captured] {
        var frames: [Captured] = []
        for (index, name) in names.enumerated() {
            let path = SessionFuzzTests.repository.appendingPathComponent("Fixtures/Captures/\(name).pcap")
                .path
            var reader = try CaptureReader(path: path)
            while let frame = try reader.next() {
                frames.append((frame, reader.withBytes { $0.withUnsafeBytes { Array($0) } }, index))
            }
        }
        return frames.sorted { $0.frame.timestamp < $1.frame.timestamp }
    }

    private var policy: GatewayPolicy {
        var policy = GatewayPolicy()
        policy.defaultAction = .allow
        policy.settings.addresses = [.v4(0xc633_6401)]
        let ports: [(GatewayProtocol, UInt16)] = [(.http, 80), (.tls, 443), (.ssh, 22), (.dns, 53)]
        for (name, port) in ports {
            var listener = Listener(name, transports: [.tcp, .udp])
            listener.ports = [port...port]
            policy.listeners.append(listener)
        }
        return policy
    }

    private func damage(_ frames: inout [Captured], _ random: inout SeededGenerator) {
        for index in frames.indices {
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                for _ in 0..<Int.random(in: 1...4, using: &random) where !frames[index].bytes.isEmpty {
                    let place = Int.random(in: 0..<frames[index].bytes.count, using: &random)
                    frames[index].bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
            case 1:
                frames[index].bytes.removeLast(
                    Int.random(in: 0...min(40, frames[index].bytes.count), using: &random))
            case 2: frames.swapAt(index, Int.random(in: max(0, index - 9)...index, using: &random))
            case 3:
                frames[index].frame.timestamp.nanoseconds += Int64.random(
                    in: -(1 << 40)...1 << 40, using: &random)
            case 4: frames[index] = frames[Int.random(in: 0...index, using: &random)]
            case 5:
                frames[index].frame.timestamp.nanoseconds = [Int64.min, .max, 0].randomElement(
                    using: &random)!
            default: break
            }
        }
    }

    @Test(arguments: [["tunnels-lan", "tunnels-wan"], ["web-server"], ["laptop"]])
    func damagedCaptures(names: [String]) throws {
        let whole = try read(names)
        var random = SeededGenerator(seed: UInt64(names[0].utf8.count))
        for round in 0..<12 {
            var frames = whole
            if round > 0 { damage(&frames, &random) }
            var replayer = SessionReplayer(
                policy, checksums: round % 2 == 0 ? .verifyUnlessOffloaded : .ignore,
                logs: ConnectionLogs(client: true, server: true))
            for (index, (frame, bytes, capture)) in frames.enumerated() {
                _ = replayer.process(frame, bytes.span.bytes, number: UInt64(index + 1), capture: capture)
            }
            replayer.finish()
            let summary = replayer.summary
            let results = replayer.takeResults()
            #expect(summary.frames == UInt64(frames.count))
            #expect(
                summary.inSessions + summary.notIP + summary.malformed + summary.otherTotal == summary.frames)
            #expect(results.map(\.number) == Array(1...summary.sessions))
            #expect(results.reduce(0) { $0 + ($1.packets ?? 0) } == summary.inSessions)
            #expect(summary.allowed + summary.denied + summary.unproxied == summary.sessions)
            for written in [replayer.logs.client!.takeFrames(), replayer.logs.server!.takeFrames()] {
                #expect(zip(written, written.dropFirst()).allSatisfy { $0.time <= $1.time })
                let areValid = written.allSatisfy { frame in
                    let decoded = DecodedFrame(frame.bytes, decoder: PacketDecoder(checksAddressScope: false))
                    return decoded.isPacket && [.valid, .absent].contains(decoded.checksum)
                }
                #expect(areValid)
            }
        }
    }

    /// Memory is bounded by what the table may hold, whatever is scanned.
    @Test func moreHalfOpenConnectionsThanTheTableHolds() {
        var replayer = SessionReplayer(policy)
        var results = 0
        var frame = Frame(timestamp: Timestamp(nanoseconds: 0), originalLength: 40, linkType: .raw)
        let count = 140_000
        for index in 0..<count {
            let packet = PacketBuilder(
                source: .v4(0xc000_0200 + UInt32(index >> 16)), destination: .v4(0xc633_6450),
                .tcp(
                    PacketBuilder.TCPSegment(
                        from: UInt16(truncatingIfNeeded: index), to: 80, flags: .syn)))
            frame.timestamp.nanoseconds += 1000
            _ = replayer.process(
                frame, packet.bytes().span.bytes, number: UInt64(index + 1), capture: 0)
            results += replayer.takeResults().count
        }
        #expect(results > 0)
        replayer.finish()
        results += replayer.takeResults().count
        #expect(results == count)
        #expect(replayer.summary.unproxied == UInt64(count))
    }
}
