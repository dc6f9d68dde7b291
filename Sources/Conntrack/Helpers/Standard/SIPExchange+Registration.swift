internal import Packets

/// Registrations: a phone that registers expects calls from its registrar, once that has agreed.
extension SIPExchange {
    private var expires: UInt32 {
        guard let range = message.header(.expires).found else { return 0 }
        return message.text.number(at: range.lowerBound)?.value ?? 0
    }

    /// `process_register_request`
    mutating func processRegistration(_ number: UInt32, _ table: inout ConnectionTable) -> HelperVerdict {
        if table.connections[entry].status.contains(.expected) { return .accept }
        var expires = expires
        let contact: SIPMessage.Address
        switch message.address(in: .contact) {
        case .found(let found): contact = found
        case .absent: return .accept
        case .unreadable: return .drop
        }
        // Somebody else's registration.
        guard contact.address == way.source,
            let transport = message.transport(from: contact.range.upperBound, of: transportProtocol)
        else { return .accept }
        switch message.numberParameter("expires=", from: contact.range.upperBound) {
        case .found(let parameter): expires = parameter.value
        case .absent: break
        case .unreadable: return .drop
        }
        if expires != 0 {
            var expectation = table.expectation(
                from: opposite.source, nil, to: contact.address, contact.port, transport, of: entry,
                policyClass: SIPExpectation.signalling.rawValue)
            expectation.assignedHelper = .sip
            expectation.isPermanent = true
            expectation.isInactive = true
            if isTranslated {
                guard expectTranslated(&expectation, named: contact.range, &table) else { return .drop }
            } else {
                do throws(ExpectationFault) {
                    try table.expect(expectation, at: now)
                } catch {
                    return .drop
                }
            }
        }
        memory.registration = number
        return .accept
    }

    /// `process_register_response`
    mutating func processRegistrationResponse(
        _ number: UInt32, _ code: UInt32, _ table: inout ConnectionTable
    ) -> HelperVerdict {
        guard memory.registration == number, !(100...199).contains(code) else { return .accept }
        if (200...299).contains(code) {
            let general = expires
            var walk = SIPMessage.Walk()
            contacts: while true {
                let contact: SIPMessage.Address
                switch message.address(in: .contact, &walk) {
                case .found(let found): contact = found
                case .absent: break contacts
                case .unreadable: return .drop
                }
                guard contact.address == way.destination,
                    let transport = message.transport(from: contact.range.upperBound, of: transportProtocol)
                else { continue }
                var expires = general
                switch message.numberParameter("expires=", from: contact.range.upperBound) {
                case .found(let parameter): expires = parameter.value
                case .absent: break
                case .unreadable: return .drop
                }
                if expires == 0 { break }
                if activate(contact, transport, for: expires, &table) { return .accept }
            }
        }
        flush(media: false, &table)
        return .accept
    }

    /// `refresh_signalling_expectation`
    private func activate(
        _ contact: SIPMessage.Address, _ transport: IPProtocol, for seconds: UInt32,
        _ table: inout ConnectionTable
    ) -> Bool {
        let handle = table.helped[entry]?.expectations.first { handle in
            guard let known = table.expectations[handle] else { return false }
            return known.policyClass == SIPExpectation.signalling.rawValue
                && known.tuple.destination == contact.address && known.tuple.transportProtocol == transport
                && known.tuple.destinationPort == contact.port
        }
        guard let handle else { return false }
        let end = now.advanced(bySeconds: seconds).nanoseconds
        table.expectations.update(handle) {
            $0.expires = end
            $0.isInactive = false
        }
        return true
    }
}
