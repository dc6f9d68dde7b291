public import Packets

/// One line of a rule's `when`: the field's values satisfy the matcher.
public struct FieldTest: Sendable {
    public var field: PolicyField
    /// Of a `header` or `response-header`, in lower case.
    public var headerName: String?
    public var matcher: ValueMatcher

    public init(_ field: PolicyField, headerName: String? = nil, _ matcher: ValueMatcher) {
        self.field = field
        self.headerName = headerName
        self.matcher = matcher
    }
}

/// A field that a request doesn't have matches no pattern, so `not` holds for it.
public indirect enum ValueMatcher: Sendable {
    case any([ValueMatcher])
    case not(ValueMatcher)
    case text(TextPattern)
    case number(ClosedRange<Int64>)
    case prefix(IPPrefix)
}
