extension PolicyField {
    /// The protocols whose requests can have it.
    public var protocols: Set<GatewayProtocol> {
        switch self {
        case .protocol, .client, .server, .port: Set(GatewayProtocol.allCases)
        case .method, .host, .path, .query, .header, .contentType, .body, .bodyBytes, .upgrade, .status,
            .responseHeader, .responseType, .responseMagic, .responseBytes:
            [.http]
        case .version: [.http, .tls, .ssh]
        case .sni, .alpn, .serverName: [.tls]
        case .name, .type, .class, .answers, .labelLength, .nameLength: [.dns]
        case .software: [.ssh]
        }
    }

    /// When its value is known. That a protocol hasn't got the field is known with the request.
    /// - Parameter name: nil where it isn't known what is spoken.
    public func stage(of name: GatewayProtocol?) -> PolicyStage {
        if let name, !protocols.contains(name) { return .request }
        switch self {
        case .protocol, .client, .server, .port, .method, .host, .path, .query, .header, .contentType,
            .upgrade,
            .sni, .alpn, .name, .type, .class, .labelLength, .nameLength, .software:
            return .request
        case .version: return name == .tls ? .response : .request
        case .body, .bodyBytes: return .requestBody
        case .status, .responseHeader, .responseType, .serverName, .answers: return .response
        case .responseMagic, .responseBytes: return .responseBody
        }
    }

    /// How a text of it is compared.
    public var textStyle: TextPattern.Style {
        switch self {
        case .host, .sni, .serverName, .name: .hostName
        case .path: .path
        case .contentType, .responseType: .mediaType
        case .upgrade, .type, .class, .responseMagic: .token
        default: .plain
        }
    }

    /// The words that a text of it can be; nil for any.
    public var words: [String]? { self == .responseMagic ? ContentMagic.names : nil }
}
