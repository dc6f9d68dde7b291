/// The row of a table's head.
/// - Parameter numbers: which columns hold numbers.
func headings(_ names: [String], numbers: ClosedRange<Int>) -> HTMLNode {
    element(.thead) {
        element(.tr) {
            for (index, name) in names.enumerated() {
                if numbers.contains(index) {
                    element(.th, .scope(.col), .class("number")) { name }
                } else {
                    element(.th, .scope(.col)) { name }
                }
            }
        }
    }
}

/// The stylesheet's class for what became of a packet.
enum VerdictStyle {
    static func name(_ verdict: String) -> String {
        switch verdict {
        case "ACCEPT": "accept"
        case "DROP": "drop"
        case "REJECT": "reject"
        case "ROUTED-AWAY": "routed-away"
        default: "other"
        }
    }

    static func badge(_ verdict: String) -> HTMLNode {
        element(.span, .class("verdict \(name(verdict))")) { verdict }
    }
}
