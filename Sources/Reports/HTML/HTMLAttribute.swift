/// An attribute of an element. Links lead to places in the page only, and styles are numbers only.
struct HTMLAttribute: Sendable {
    let name: String
    let value: String

    private init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    static func id(_ id: String) -> HTMLAttribute { HTMLAttribute("id", id) }
    /// The names of classes in `HTMLStylesheet`, blanks between them.
    static func `class`(_ names: String) -> HTMLAttribute { HTMLAttribute("class", names) }
    /// A link to the element with this id.
    static func href(toID id: String) -> HTMLAttribute { HTMLAttribute("href", "#\(id)") }

    // MARK: Tables and forms

    enum Scope: String { case col, row, rowgroup }
    static func scope(_ scope: Scope) -> HTMLAttribute { HTMLAttribute("scope", scope.rawValue) }
    static func columnSpan(_ count: Int) -> HTMLAttribute { HTMLAttribute("colspan", String(count)) }
    static let checkbox = HTMLAttribute("type", "checkbox")
    /// The field that a label names.
    static func `for`(_ id: String) -> HTMLAttribute { HTMLAttribute("for", id) }

    // MARK: Accessibility (WAI-ARIA 1.2)

    static func label(_ text: String) -> HTMLAttribute { HTMLAttribute("aria-label", text) }
    static func labelledBy(_ id: String) -> HTMLAttribute { HTMLAttribute("aria-labelledby", id) }
    static let hiddenFromReaders = HTMLAttribute("aria-hidden", "true")
    static let imageRole = HTMLAttribute("role", "img")
    /// Lets the keyboard scroll what is too wide.
    static let focusable = HTMLAttribute("tabindex", "0")

    // MARK: Lengths

    /// The custom property `--share` that the stylesheet makes a length of, in percent.
    static func share(_ fraction: Double) -> HTMLAttribute {
        HTMLAttribute("style", "--share:\(rounded(fraction * 100))%")
    }

    static func viewBox(width: Double, height: Double) -> HTMLAttribute {
        HTMLAttribute("viewBox", "0 0 \(rounded(width)) \(rounded(height))")
    }
    /// An SVG that is stretched to its box.
    static let stretched = HTMLAttribute("preserveAspectRatio", "none")
    static func x(_ value: Double) -> HTMLAttribute { HTMLAttribute("x", rounded(value)) }
    static func y(_ value: Double) -> HTMLAttribute { HTMLAttribute("y", rounded(value)) }
    static func width(_ value: Double) -> HTMLAttribute { HTMLAttribute("width", rounded(value)) }
    static func height(_ value: Double) -> HTMLAttribute { HTMLAttribute("height", rounded(value)) }
    static func x1(_ value: Double) -> HTMLAttribute { HTMLAttribute("x1", rounded(value)) }
    static func x2(_ value: Double) -> HTMLAttribute { HTMLAttribute("x2", rounded(value)) }
    static func y1(_ value: Double) -> HTMLAttribute { HTMLAttribute("y1", rounded(value)) }
    static func y2(_ value: Double) -> HTMLAttribute { HTMLAttribute("y2", rounded(value)) }

    /// With at most three digits behind the point, as CSS and SVG read it.
    private static func rounded(_ value: Double) -> String {
        let thousandths = (value * 1000).rounded()
        return thousandths.truncatingRemainder(dividingBy: 1000) == 0
            ? String(Int(thousandths) / 1000) : String(thousandths / 1000)
    }
}
