import Captures
import Packets

/// `--filter`, compiled for each link type that comes.
struct FrameFilter {
    private let expression: String
    private var filters: [LinkType: BPFFilter] = [:]

    init(_ expression: String) { self.expression = expression }

    mutating func matches(_ frame: Frame, _ bytes: RawSpan) throws -> Bool {
        if let filter = filters[frame.linkType] { return filter.matches(frame, bytes) }
        do {
            let filter = try BPFFilter(expression, linkType: frame.linkType)
            filters[frame.linkType] = filter
            return filter.matches(frame, bytes)
        } catch {
            let isName = error.description.hasPrefix("unknown host")
            throw Failure.input(
                "--filter: \(error.description) "
                    + (isName
                        ? "(no name server is asked: write an address)"
                        : "(link type \(frame.linkType.name))"))
        }
    }
}
