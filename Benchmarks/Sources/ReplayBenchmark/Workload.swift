import Glibc

/// A capture of interleaved TCP sessions, and the rules to replay it through. The same bytes on every machine.
struct Workload {
    let packets: Int
    let sessionsOpen = 50_000

    /// `xorshift64*`
    private struct Generator {
        var state: UInt64 = 88_172_645_463_325_252

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state &* 2_685_821_657_736_338_717
        }

        mutating func next(below bound: Int) -> Int { Int(next() >> 33) % bound }
    }

    private struct Session {
        var client: UInt32
        var port: UInt16
        var server: UInt32
        var serverPort: UInt16
        var clientSequence: UInt32
        var serverSequence: UInt32
        var step = 0
    }

    /// One session: handshake, a request, three segments of an answer, an orderly close.
    private static let steps: [(fromClient: Bool, flags: UInt8, payload: Int)] = [
        (true, 0x02, 0), (false, 0x12, 0), (true, 0x10, 0), (true, 0x18, 120), (false, 0x10, 600),
        (false, 0x10, 600), (false, 0x18, 200), (true, 0x10, 0), (true, 0x11, 0), (false, 0x11, 0),
        (true, 0x10, 0),
    ]

    func write(to path: String) {
        guard let file = fopen(path, "w") else {
            fail("can't write \(path)", 3)
        }
        defer { fclose(file) }
        var random = Generator()
        var header: [UInt8] = []
        for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1] as [UInt32] { little(word, &header) }
        fwrite(header, 1, header.count, file)

        let ports: [UInt16] = [80, 443, 443, 443, 22, 25, 8080, 3306]
        func open() -> Session {
            Session(
                client: 0xcb00_7100 | UInt32(random.next(below: 254)) + 1,
                port: UInt16(1024 + random.next(below: 64_000)),
                server: 0xc000_0200 | UInt32(random.next(below: 254)) + 1,
                serverPort: ports[random.next(below: ports.count)],
                clientSequence: UInt32(truncatingIfNeeded: random.next()),
                serverSequence: UInt32(truncatingIfNeeded: random.next()))
        }
        var sessions = (0..<min(sessionsOpen, max(packets / 11, 1))).map { _ in open() }
        var frame: [UInt8] = []
        for number in 0..<packets {
            let index = random.next(below: sessions.count)
            frame.removeAll(keepingCapacity: true)
            append(&sessions[index], at: number, to: &frame)
            if sessions[index].step == Workload.steps.count { sessions[index] = open() }
            fwrite(frame, 1, frame.count, file)
        }
    }

    private func append(_ session: inout Session, at number: Int, to frame: inout [UInt8]) {
        let (fromClient, flags, payload) = Workload.steps[session.step]
        session.step += 1
        let length = 40 + payload
        little(UInt32(1_700_000_000 + number / 100_000), &frame)
        little(UInt32(number % 100_000 * 10), &frame)
        little(UInt32(14 + length), &frame)
        little(UInt32(14 + length), &frame)
        let start = frame.count
        frame += fromClient ? [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2] : [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]
        frame += [8, 0, 0x45, 0]
        big16(UInt16(length), &frame)
        frame += [
            UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number), 0x40, 0, 64, 6, 0, 0,
        ]
        big32(fromClient ? session.client : session.server, &frame)
        big32(fromClient ? session.server : session.client, &frame)
        big16(fromClient ? session.port : session.serverPort, &frame)
        big16(fromClient ? session.serverPort : session.port, &frame)
        big32(fromClient ? session.clientSequence : session.serverSequence, &frame)
        big32(flags & 0x10 == 0 ? 0 : fromClient ? session.serverSequence : session.clientSequence, &frame)
        frame += [0x50, flags, 0xff, 0xff, 0, 0, 0, 0]
        frame.append(contentsOf: repeatElement(0x61, count: payload))
        let advance = UInt32(payload) + (flags & 0x03 != 0 ? 1 : 0)
        if fromClient { session.clientSequence &+= advance } else { session.serverSequence &+= advance }
        checksum(&frame, from: start + 14, to: start + 34, at: start + 24, initial: 0)
        let pseudo = sum(frame, from: start + 26, to: start + 34) + 6 + UInt32(length - 20)
        checksum(&frame, from: start + 34, to: frame.count, at: start + 50, initial: pseudo)
    }

    private func sum(_ bytes: [UInt8], from: Int, to: Int) -> UInt32 {
        var total: UInt32 = 0
        var index = from
        while index < to {
            total &+= UInt32(bytes[index]) << 8 | (index + 1 < to ? UInt32(bytes[index + 1]) : 0)
            index += 2
        }
        return total
    }

    private func checksum(_ bytes: inout [UInt8], from: Int, to: Int, at: Int, initial: UInt32) {
        var total = initial &+ sum(bytes, from: from, to: to)
        while total >> 16 != 0 { total = total & 0xffff + total >> 16 }
        let value = ~UInt16(total)
        bytes[at] = UInt8(value >> 8)
        bytes[at + 1] = UInt8(value & 0xff)
    }

    private func little(_ word: UInt32, _ bytes: inout [UInt8]) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private func big16(_ word: UInt16, _ bytes: inout [UInt8]) {
        withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private func big32(_ word: UInt32, _ bytes: inout [UInt8]) {
        withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Ten rules; most packets are decided by the second, new connections by the last ones.
    static let rules = """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        -A FORWARD -m conntrack --ctstate INVALID -j DROP
        -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A FORWARD -s 10.0.0.0/8 -j DROP
        -A FORWARD -s 198.51.100.0/24 -p udp -j DROP
        -A FORWARD -d 192.0.2.0/24 -p tcp -m tcp --dport 25 -j ACCEPT
        -A FORWARD -d 192.0.2.0/24 -p tcp -m tcp --dport 22 -s 203.0.113.0/26 -j ACCEPT
        -A FORWARD -d 192.0.2.0/24 -p tcp -m multiport --dports 80,443 -j ACCEPT
        -A FORWARD -p icmp -m icmp --icmp-type 8 -j ACCEPT
        -A FORWARD -d 192.0.2.0/24 -p tcp -m tcp --dport 8000:8100 -j ACCEPT
        -A FORWARD -j DROP
        COMMIT

        """

    /// The same ten, without their state, as a filter for tcpdump.
    static let filter = """
        not src net 10.0.0.0/8 and not (src net 198.51.100.0/24 and udp) and (\
        (dst net 192.0.2.0/24 and tcp dst port 25) or \
        (src net 203.0.113.0/26 and dst net 192.0.2.0/24 and tcp dst port 22) or \
        (dst net 192.0.2.0/24 and tcp dst port 80) or (dst net 192.0.2.0/24 and tcp dst port 443) or \
        (dst net 192.0.2.0/24 and tcp dst portrange 8000-8100) or icmp or src net 192.0.2.0/24)
        """
}
