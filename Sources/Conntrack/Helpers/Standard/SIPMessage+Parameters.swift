internal import Packets

/// Parameters behind a header's value: they end where the next value of a list begins, at a comma.
extension SIPMessage {
    private func listEnd(from offset: Int) -> Int { text.valueOffset(of: ",", from: offset) ?? text.limit }

    /// Behind the parameter's name and sign.
    private func parameterStart(_ name: StaticString, from offset: Int, before limit: Int) -> Int? {
        TextSearch(bytes, limit: limit).valueOffset(of: name, from: offset).map {
            $0 + name.utf8CodeUnitCount
        }
    }

    /// `ct_sip_parse_address_param`
    func addressParameter(_ name: StaticString, from offset: Int, delimited: Bool) -> (
        address: UInt128, range: Range<Int>
    )? {
        let limit = listEnd(from: offset)
        return parameterStart(name, from: offset, before: limit).flatMap {
            address(at: $0, before: limit, delimited: delimited)
        }
    }

    /// `ct_sip_parse_numerical_param`
    func numberParameter(_ name: StaticString, from offset: Int) -> Search<(value: UInt32, range: Range<Int>)>
    {
        let limit = listEnd(from: offset)
        guard let start = parameterStart(name, from: offset, before: limit) else { return .absent }
        guard let number = TextSearch(bytes, limit: limit).number(at: start) else {
            return .unreadable(start)
        }
        return .found((number.value, start..<number.end))
    }

    /// Which protocol a contact wants; nil if it is neither or not the connection's (`ct_sip_parse_transport`).
    func transport(from offset: Int, of connection: IPProtocol) -> IPProtocol? {
        guard let start = parameterStart("transport=", from: offset, before: listEnd(from: offset)) else {
            return connection
        }
        let named: IPProtocol? = text.has("TCP", at: start) ? .tcp : text.has("UDP", at: start) ? .udp : nil
        return named == connection ? named : nil
    }
}
