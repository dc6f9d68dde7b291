import Packets
import TestSupport
import Testing

@testable import Gateway

/// Connections that are written as packets.
@Suite struct ConnectionLogTests {
    /// The vector of the authors' paper (appendix A): key 00…0f, message 00…0e.
    @Test func sipHashIsSipHash() {
        let message = (0..<15).map { UInt8($0) }
        #expect(
            SipHash.hash(message, key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
                == 0xa129_ca61_49be_45e5)
    }

    @Test func theEarliestComesFirst() {
        var random = SeededGenerator(seed: 3)
        var queue = TimeQueue<Int>()
        for index in 0..<500 {
            queue.add(index, at: Timestamp(nanoseconds: Int64.random(in: 0..<50, using: &random)))
        }
        var last: (Timestamp, Int)?
        while let (time, index) = queue.take(until: Timestamp(nanoseconds: 100)) {
            if let last { #expect(last.0 < time || (last.0 == time && last.1 < index)) }
            last = (time, index)
        }
        #expect(queue.isEmpty)
    }

    /// What a capture of a connection is held against: every packet follows from those before it.
    private struct Checker {
        var first: [UInt16: UInt32] = [:]
        var next: [UInt16: Int64] = [:]
        var acknowledged: [UInt16: Int64] = [:]
        var window: [UInt16: Int64] = [:]
        var scale: [UInt16: UInt32] = [:]
        var payload: [UInt16: [UInt8]] = [:]
        var flags: [UInt16: [TCPFlags]] = [:]

        mutating func check(_ frame: LoggedFrame) {
            let decoded = DecodedFrame(frame.bytes)
            let packet = decoded.packet
            #expect(decoded.isPacket && decoded.checksum == .valid)
            let (source, peer) = (packet.sourcePort, packet.destinationPort)
            let isSYN = packet.tcpFlags.contains(.syn)
            if isSYN {
                first[source] = packet.tcpSequence
                next[source] = 0
                scale[source] = UInt32(decoded.tcpOptions?.windowScale ?? 0)
            }
            let place = Int64(packet.tcpSequence &- first[source]!)
            let bytes = Array(frame.bytes[(Int(packet.transportOffset) + Int(packet.tcpHeaderLength))...])
            #expect(place == next[source], "in order, each byte once")
            next[source]! += Int64(bytes.count) + (isSYN || packet.tcpFlags.contains(.fin) ? 1 : 0)
            payload[source, default: []] += bytes
            flags[source, default: []].append(packet.tcpFlags)
            if packet.tcpFlags.contains(.ack) {
                let place = Int64(packet.tcpAcknowledgement &- first[peer]!)
                #expect(place <= next[peer]! && place >= acknowledged[source] ?? 0)
                let isPure = bytes.isEmpty && packet.tcpFlags == .ack
                if isPure { #expect(place > acknowledged[source] ?? 0, "no acknowledgement twice") }
                acknowledged[source] = place
            }
            if let allowed = window[peer], !bytes.isEmpty {
                #expect(next[source]! - (acknowledged[peer] ?? 0) <= allowed, "within the window")
            }
            let isScaled = !isSYN && scale.count == 2 && scale.values.allSatisfy { $0 > 0 }
            window[source] = Int64(packet.tcpWindow) << Int64(isScaled ? scale[source]! : 0)
        }
    }

    private static let client = Endpoint(.v4(0xc000_020a), 40_000)
    private static let server = Endpoint(.v4(0xc633_6450), 80)

    private func plan(_ random: inout SeededGenerator) -> ConnectionPlan {
        func stack() -> StackProfile {
            StackProfile(
                mac: MACAddress(bits: 2),
                maximumSegment: [0, 536, 1460, 9000].randomElement(using: &random)!,
                windowScale: [nil, 7, 14].randomElement(using: &random)!,
                permitsSACK: Bool.random(using: &random),
                sendsTimestamps: Bool.random(using: &random),
                window: [0, 1000, 65_535, 1 << 20].randomElement(using: &random)!,
                initialSequence: .random(in: 0xffff_0000...(.max), using: &random))
        }
        return ConnectionPlan(
            .tcp, initiator: ConnectionLogTests.client, responder: ConnectionLogTests.server,
            initiatorStack: stack(), responderStack: stack(),
            gateway: Bool.random(using: &random) ? .initiator : .responder,
            roundTrip: .random(in: 0...50_000_000, using: &random))
    }

    @Test func anyConversationIsAValidConnection() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<150 {
            var log = ConnectionLog()
            let plan = plan(&random)
            let id = log.open(plan, at: Timestamp(nanoseconds: 1_000_000))
            var sent: [ConnectionRole: [UInt8]] = [.initiator: [], .responder: []]
            var time: Int64 = 1_000_000
            var open: [ConnectionRole] = [.initiator, .responder]
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                time += Int64.random(in: 0...20_000_000, using: &random)
                guard let role = open.randomElement(using: &random) else { break }
                if Int.random(in: 0..<10, using: &random) == 0 {
                    log.close(id, role, at: Timestamp(nanoseconds: time))
                    open.removeAll { $0 == role }
                } else {
                    let bytes = (0..<Int.random(in: 0...40_000, using: &random)).map {
                        UInt8(truncatingIfNeeded: $0)
                    }
                    log.send(id, role, bytes, at: Timestamp(nanoseconds: time))
                    sent[role]! += bytes
                }
            }
            for role in open { log.close(id, role, at: Timestamp(nanoseconds: time)) }
            log.finish()
            let frames = log.takeFrames()
            var checker = Checker()
            for frame in frames { checker.check(frame) }
            #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.time <= $1.time })
            let ports: [(UInt16, ConnectionRole)] = [(40_000, .initiator), (80, .responder)]
            for (port, role) in ports {
                let isWhole = checker.payload[port] == sent[role]
                #expect(
                    isWhole, "\(checker.payload[port]?.count ?? 0) of \(sent[role]!.count) bytes: \(plan)")
            }
            for port in [40_000, 80] as [UInt16] {
                #expect(checker.flags[port]!.count { $0.contains(.fin) } == 1)
                #expect(checker.acknowledged[port] == checker.next[port == 80 ? 40_000 : 80])
            }
        }
    }

    @Test func aResetIsTheLastPacket() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<20 {
            var log = ConnectionLog()
            let id = log.open(plan(&random), at: Timestamp(nanoseconds: 0))
            log.send(id, .initiator, [1, 2, 3], at: Timestamp(nanoseconds: 200_000_000))
            log.reset(id, .responder, at: Timestamp(nanoseconds: 200_010_000))
            log.send(id, .initiator, [4], at: Timestamp(nanoseconds: 300_000_000))
            log.finish()
            var checker = Checker()
            for frame in log.takeFrames() { checker.check(frame) }
            #expect(checker.flags[80]?.last?.contains(.rst) == true)
            #expect(checker.payload[40_000] == [1, 2, 3])
        }
    }

    /// What waits for its time is bounded.
    @Test func muchAheadOfTimeIsDoneAtOnce() {
        var random = SeededGenerator(seed: 1)
        var log = ConnectionLog()
        let id = log.open(plan(&random), at: Timestamp(nanoseconds: 0))
        for _ in 0..<40 {
            log.send(
                id, .initiator, [UInt8](repeating: 0, count: 1 << 20), at: Timestamp(nanoseconds: 1 << 40))
        }
        #expect(log.takeFrames().count > 3)
    }
}
