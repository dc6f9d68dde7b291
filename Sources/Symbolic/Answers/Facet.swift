import Packets
import RuleModel

/// What header sets say one thing of: a field, or fields that only make sense together.
struct Facet {
    /// In the space's order; not in one run for `header`.
    let levels: Set<UInt32>
    let kind: Kind

    enum Kind: Hashable {
        case transportProtocol, source, destination, sourcePort, destinationPort, flags, icmp
        case input, output, state, mark, length, hopLimit, trafficClass, segmentSize, packetType
        case addressType(AddressField)
        /// A test whose answer stays open, in its words.
        case history(String)
        /// Fragments, and headers that are cut short.
        case header
        /// What is said in one word if at all.
        case other(String)
    }

    /// Whether each value has a name of its own.
    var isEnumeration: Bool {
        switch kind {
        case .input, .output, .state, .addressType, .packetType: true
        default: false
        }
    }

    /// All variables of a space, those first of which header sets had rather not speak.
    static func all(_ space: PacketSpace) -> [Facet] {
        let layout = space.layout
        func levels(_ fields: [Field]) -> Set<UInt32> { Set(fields.flatMap { Array(layout[$0]) }) }
        func facet(_ kind: Kind, _ fields: Field...) -> Facet { Facet(levels: levels(fields), kind: kind) }
        var facets: [Facet] = []
        for (kind, level) in space.optionLevels.sorted(by: { $0.key < $1.key }) {
            facets.append(Facet(levels: [level], kind: .other("tcp-option \(kind)")))
        }
        facets += [
            facet(.segmentSize, .fact(.maximumSegmentSize), .number(.tcpMaximumSegmentSize)),
            facet(.other("mac"), .number(.linkAddresses), .sourceMAC),
            facet(.packetType, .number(.packetType)),
        ]
        for field in AddressField.allCases where field != .source && field != .destination {
            facets.append(facet(.other("connection's addresses"), .address(field)))
        }
        for field in NumberField.allCases where field.isOfConnection && field != .connectionState {
            facets.append(facet(.other("connection's details"), .number(field)))
        }
        facets += [
            facet(.trafficClass, .number(.trafficClass)), facet(.length, .number(.length)),
            facet(.hopLimit, .number(.hopLimit)),
            facet(.mark, .number(.mark)), facet(.sourcePort, .number(.sourcePort)),
            facet(.icmp, .number(.icmpType), .number(.icmpCode)), facet(.flags, .number(.tcpFlags)),
            facet(.destinationPort, .number(.destinationPort)),
            facet(
                .header, .fact(.laterFragment), .fact(.transportHeader), .fact(.ports), .fact(.brokenChain),
                .fact(.readableTCPOptions), .number(.fragmentOffset), .number(.moreFragments),
                .number(.fragmentHeader), .number(.fragmentReserved), .number(.fragmentIdentification)),
            facet(.output, .interface(.output)), facet(.input, .interface(.input)),
        ]
        for (variable, levels) in space.freeVariables.sorted(by: { $0.value.lowerBound < $1.value.lowerBound }
        ) {
            let kind: Facet.Kind =
                switch variable {
                case .history, .packet, .fact, .reversePath: .history(variable.summary)
                case .outcome: .other(variable.summary)
                case .addressType(let field, _):
                    space.family == .ipv4 ? .addressType(field) : .other(variable.summary)
                }
            facets.append(Facet(levels: Set(levels), kind: kind))
        }
        facets += [
            facet(.source, .address(.source)),
            facet(.destination, .address(.destination)), facet(.state, .number(.connectionState)),
            facet(.transportProtocol, .number(.transportProtocol)),
        ]
        return facets
    }
}
