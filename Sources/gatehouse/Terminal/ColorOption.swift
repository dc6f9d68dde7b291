import ArgumentParser
import Glibc

enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
    case auto, always, never

    /// Whether text for this file descriptor is coloured (https://no-color.org).
    func isOn(for descriptor: Int32) -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto: isatty(descriptor) == 1 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
        }
    }
}

struct ColorOption: ParsableArguments {
    @Option(help: "Colour: auto, always or never.")
    var color: ColorChoice = .auto
}
