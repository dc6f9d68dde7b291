internal import Packets

/// Sessions: the media that a description offers are expected, a connection for the data (RTP) and one for its control
/// (RTCP, the next port).
extension SIPExchange {
    /// `process_sdp`
    mutating func processSession(_ table: inout ConnectionTable) -> HelperVerdict {
        guard let version = message.line(.version, from: 0).found else { return .accept }
        let start = version.lowerBound
        let general = message.sessionAddress(.connection, from: start, beforeMedia: true)?.address
        var last = general
        var next = start
        var count = 0
        while count < SIPMessage.Media.allCases.count {
            guard let line = message.line(.media, from: next).found else { break }
            next = line.lowerBound
            let media = SIPMessage.Media.allCases.first {
                line.count >= $0.name.utf8CodeUnitCount
                    && message.text.has($0.name, at: line.lowerBound, anyCase: false)
            }
            guard let media else {
                next = line.upperBound
                continue
            }
            next += media.name.utf8CodeUnitCount
            // A stream that isn't active has port 0.
            guard let number = message.text.number(at: next), number.value != 0 else { continue }
            guard number.value >= 1024, let port = UInt16(exactly: number.value) else { return .drop }
            let own = message.sessionAddress(.connection, from: next, beforeMedia: true)?.address
            guard var address = own ?? general else { return .drop }
            guard
                expectMedia(
                    SIPExpectation(media), at: &address, port, named: next..<line.upperBound, &table)
            else { return .drop }
            if own != nil, isTranslated, !rewrite(.connection, from: next, to: address) { return .drop }
            last = address
            count += 1
        }
        if isTranslated, let last, !rewriteSession(from: start, to: last) { return .drop }
        return .accept
    }

    /// `set_expected_rtp_rtcp`
    /// - Parameter address: what the message names; behind it, what it is to name.
    private mutating func expectMedia(
        _ kind: SIPExpectation, at address: inout UInt128, _ port: UInt16, named range: Range<Int>,
        _ table: inout ConnectionTable
    ) -> Bool {
        guard address == way.source else { return true }
        var port = port
        var isDirect = false
        var isKnown = false
        while let known = known(to: address, port, table), known.master != table.handle(of: entry),
            known.helper == .sip, known.policyClass == kind.rawValue
        {
            let isTranslatedThere =
                known.savedAddress != known.tuple.destination
                || known.savedPort != known.tuple.destinationPort
            guard !isDirect, isTranslatedThere, isTranslated else {
                isKnown = true
                break
            }
            // Both ends are behind the same translation: they may reach each other without it.
            address = known.savedAddress
            port = known.savedPort
            isDirect = true
        }
        let dataPort = port & ~1
        if isDirect, !rewritePort(at: range, to: dataPort) { return false }
        if isKnown { return true }
        var data = expectation(kind, to: address, dataPort, table)
        var control = expectation(kind, to: address, dataPort + 1, table)
        if isTranslated, !isDirect {
            return expectTranslated(&data, &control, at: &address, named: range, &table)
        }
        do throws(ExpectationFault) {
            let handle = try expectUnlessTaken(data, &table)
            do throws(ExpectationFault) {
                _ = try expectUnlessTaken(control, &table)
            } catch {
                if let handle { table.unexpect(handle) }
                return false
            }
        } catch {
            return false
        }
        return true
    }

    private func expectation(
        _ kind: SIPExpectation, to address: UInt128, _ port: UInt16, _ table: borrowing ConnectionTable
    ) -> Expectation {
        table.expectation(
            from: opposite.source, nil, to: address, port, .udp, of: entry, policyClass: kind.rawValue)
    }

    /// - Returns: nil if another connection expects the same, which does as well.
    private func expectUnlessTaken(
        _ expectation: Expectation, _ table: inout ConnectionTable
    ) throws(ExpectationFault) -> ExpectationHandle? {
        do throws(ExpectationFault) {
            return try table.expect(expectation, skipsMaster: true, at: now)
        } catch {
            guard error == .taken else { throw error }
            return nil
        }
    }

    /// `__nf_ct_expect_find`
    private func known(to address: UInt128, _ port: UInt16, _ table: borrowing ConnectionTable)
        -> Expectation?
    {
        let tuple = expectation(.audio, to: address, port, table).tuple
        return table.expectationHandle(meeting: tuple).flatMap { table.expectations[$0] }
            .flatMap { $0.isExpired(at: now) ? nil : $0 }
    }
}
