internal import Packets

/// Translation of SIP (`nf_nat_sip.c`): a message names addresses and ports as the side that it goes to knows them.
extension SIPExchange {
    // MARK: The message

    /// Puts other text in place of some (`mangle_packet`).
    private mutating func replace(_ range: Range<Int>, with text: String) -> Bool {
        let change = text.utf8.count - range.count
        guard change <= max(room, 0) else { return false }
        room -= change
        message.bytes.replaceSubrange(range, with: text.utf8)
        return true
    }

    private func text(_ address: UInt128, bracketed: Bool) -> String {
        let text = KernelAddressText.print(address, message.family)
        return bracketed && message.family == .ipv6 ? "[\(text)]" : text
    }

    /// - Returns: where the new text is; nil if there is no room for it (`map_addr`).
    private mutating func map(_ named: SIPMessage.Address) -> Range<Int>? {
        let new: (address: UInt128, port: UInt16)
        if named.address == way.source, named.port == way.sourcePort {
            new = (opposite.destination, opposite.destinationPort)
        } else if named.address == way.destination, named.port == way.destinationPort {
            new = (opposite.source, memory.listeningPort != 0 ? memory.listeningPort : opposite.sourcePort)
        } else {
            return named.range
        }
        if new.address == named.address, new.port == named.port { return named.range }
        let text = "\(text(new.address, bracketed: true)):\(new.port)"
        guard replace(named.range, with: text) else { return nil }
        return named.range.lowerBound..<named.range.lowerBound + text.utf8.count
    }

    /// `nf_nat_sip`
    /// - Returns: false if the message would become too long.
    mutating func translate() -> Bool {
        let isRequest = !message.text.has("SIP/2.0", at: 0)
        if isRequest, let address = message.requestAddress, map(address) == nil { return false }
        guard translateVia(isRequest: isRequest) else { return false }
        var walk = SIPMessage.Walk()
        while let contact = message.address(in: .contact, &walk).found {
            guard let range = map(contact) else { return false }
            walk.offset += range.count - contact.range.count
        }
        for header in [SIPMessage.Header.from, .to] {
            if let address = message.address(in: header).found, map(address) == nil { return false }
        }
        if direction == .reply, memory.listeningPort != 0 {
            guard transportProtocol == .udp else { return false }
            movedPort = memory.listeningPort
        }
        return true
    }

    /// The topmost Via header and its parameters, if it is about this connection.
    private mutating func translateVia(isRequest: Bool) -> Bool {
        guard let via = message.address(in: transportProtocol == .tcp ? .viaTCP : .viaUDP).found else {
            return true
        }
        let isOurs =
            isRequest
            ? via.address == way.source && via.port == way.sourcePort
            : via.address == way.destination && via.port == way.destinationPort
        guard isOurs else { return true }
        guard let end = map(via)?.upperBound else { return false }
        if let maddr = message.addressParameter("maddr=", from: end, delimited: true),
            maddr.address == way.source, maddr.address != opposite.destination,
            !replace(maddr.range, with: text(opposite.destination, bracketed: true))
        {
            return false
        }
        if let received = message.addressParameter("received=", from: end, delimited: false),
            received.address == way.destination, received.address != opposite.source,
            !replace(received.range, with: text(opposite.source, bracketed: false))
        {
            return false
        }
        if let rport = message.numberParameter("rport=", from: end).found, rport.value >= 1024,
            rport.value == way.destinationPort, rport.value != opposite.sourcePort,
            !replace(rport.range, with: "\(opposite.sourcePort)")
        {
            return false
        }
        return true
    }

    // MARK: The session description

    /// `nf_nat_sdp_addr`
    mutating func rewrite(_ line: SIPMessage.Line, from offset: Int, to address: UInt128) -> Bool {
        guard let range = message.line(line, from: offset, beforeMedia: true).found else { return false }
        return replace(range, with: text(address, bracketed: false)) && rewriteLength()
    }

    /// `nf_nat_sdp_port`
    mutating func rewritePort(at range: Range<Int>, to port: UInt16) -> Bool {
        replace(range, with: "\(port)") && rewriteLength()
    }

    /// `nf_nat_sdp_session`: it needs an owner line, a connection line not.
    mutating func rewriteSession(from offset: Int, to address: UInt128) -> Bool {
        let text = text(address, bracketed: false)
        guard let owner = message.line(.owner, from: offset, beforeMedia: true).found,
            replace(owner, with: text)
        else { return false }
        if let connection = message.line(.connection, from: offset, beforeMedia: true).found,
            !replace(connection, with: text)
        {
            return false
        }
        return rewriteLength()
    }

    /// The Content-Length header, which has to be there (`mangle_content_len`).
    private mutating func rewriteLength() -> Bool {
        guard let version = message.line(.version, from: 0).found else { return false }
        let length = message.bytes.count - version.lowerBound + 2
        guard let range = message.header(.contentLength).found else { return false }
        return replace(range, with: "\(length)")
    }

    // MARK: Expectations

    /// The address that the other side is to send to.
    private func seen(_ address: UInt128) -> UInt128 {
        way.source == opposite.destination ? address : opposite.destination
    }

    /// `nf_nat_sip_expect`
    mutating func expectTranslated(
        _ expectation: inout Expectation, named range: Range<Int>, _ table: inout ConnectionTable
    ) -> Bool {
        let source = memory.listeningPort != 0 ? memory.listeningPort : way.sourcePort
        let named = expectation.tuple
        aim(&expectation, at: seen(named.destination))
        let port = named.destinationPort == source ? opposite.destinationPort : named.destinationPort
        guard let handle = table.expectFreePort(&expectation, from: port, at: now) else { return false }
        let new = expectation.tuple
        if new.destination == named.destination, new.destinationPort == named.destinationPort { return true }
        let text = "\(text(new.destination, bracketed: true)):\(new.destinationPort)"
        guard replace(range, with: text) else {
            table.unexpect(handle)
            return false
        }
        return true
    }

    /// Two neighbouring ports, the first one even, that are free (`nf_nat_sdp_media`).
    mutating func expectTranslated(
        _ data: inout Expectation, _ control: inout Expectation, at address: inout UInt128,
        named range: Range<Int>, _ table: inout ConnectionTable
    ) -> Bool {
        address = seen(data.tuple.destination)
        aim(&data, at: address)
        aim(&control, at: address)
        var port = data.tuple.destinationPort
        while port != 0 {
            data.tuple.destinationPort = port
            control.tuple.destinationPort = port + 1
            do throws(ExpectationFault) {
                let first = try table.expect(data, skipsMaster: true, at: now)
                do throws(ExpectationFault) {
                    let second = try table.expect(control, skipsMaster: true, at: now)
                    if port == data.savedPort || rewritePort(at: range, to: port) { return true }
                    table.unexpect(first)
                    table.unexpect(second)
                    return false
                } catch {
                    table.unexpect(first)
                    guard error == .clash else { return false }
                }
            } catch {
                guard error == .clash else { return false }
            }
            port &+= 2
        }
        return false
    }

    /// Keeps where an expected connection is to end, and has it come to the address that the other side sees.
    private func aim(_ expectation: inout Expectation, at address: UInt128) {
        expectation.savedAddress = expectation.tuple.destination
        expectation.savedPort = expectation.tuple.destinationPort
        expectation.tuple.destination = address
        expectation.direction = direction.opposite
        expectation.follower = .sip
    }
}

extension ConnectionTable {
    /// Translates a connection that a SIP message announced (`nf_nat_sip_expected`).
    mutating func followSIP(_ entry: Int, _ expectation: Expectation, _ master: Int, _ now: Timestamp) {
        let tuple = connections[entry].original
        translate(
            .destination,
            into: NATRange(
                addresses: expectation.savedAddress...expectation.savedAddress,
                ports: expectation.savedPort...expectation.savedPort), entry: entry, at: now)
        var source: NATRange?
        if expectation.policyClass != SIPExpectation.signalling.rawValue {
            var known: [Expectation] = []
            for handle in helped[master]?.expectations ?? [] {
                if let expectation = expectations[handle] { known.append(expectation) }
            }
            let paired = known.first {
                $0.tuple.family == tuple.family && $0.tuple.transportProtocol == tuple.transportProtocol
                    && $0.savedAddress == tuple.source && $0.savedPort == tuple.sourcePort
            }
            if let paired {
                let port = paired.tuple.destinationPort
                source = NATRange(
                    addresses: paired.tuple.destination...paired.tuple.destination, ports: port...port)
            }
        }
        if source == nil, tuple.source == connections[master][expectation.direction].source {
            let seen = connections[master][expectation.direction.opposite].destination
            source = NATRange(addresses: seen...seen)
        }
        if let source { translate(.source, into: source, entry: entry, at: now) }
    }
}
