import AddressSets
import Diagnostics
import Foundation
import Testing

/// Lines of `Fixtures/AddressSets/*.table`, which `Scripts/ipset-goldens.py` recorded from ipset and the kernel; those
/// of `unjudged.table` have types that the recording kernel lacks, and follow the sources.
struct SetCommandTests {
    @Test(arguments: try Fixtures.names(extension: "table"))
    func commandsDoWhatIpsetDoes(_ name: String) throws {
        for (index, line) in try Fixtures.text(name).split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated() where !line.isEmpty && !line.hasPrefix("#")
        {
            let parts = line.components(separatedBy: " ; ")
            try #require(parts.count == 3 || line.hasSuffix(" ; ; FAIL"), "\(name):\(index + 1)")
            let result = read(parts[0].replacing(" | ", with: "\n") + "\n")
            let printed = result.catalogue.map { SetPrinter($0).text() }
            let expected = parts.last == "OK" ? canonical(parts[1].components(separatedBy: " | ")) : nil
            #expect(
                printed.map { canonical($0.components(separatedBy: "\n")) } == expected,
                "\(name):\(index + 1): \(parts[0]): \(result.diagnostics.map(\.message))")
            // What the kernel makes of a range in a `hash:ip,port` with a netmask, it can't restore either.
            if let printed, !parts[0].contains("hash:ip,port netmask") {
                #expect(read(printed).catalogue.map { SetPrinter($0).text() } == printed)
            }
        }
    }

    /// The lines in an order that both have; timeouts are running in the kernel.
    private func canonical(_ lines: [String]) -> [String] {
        let lines = lines.filter { !$0.isEmpty }
        let isList = lines.contains { $0.contains(" list:set ") }
        let creates = lines.filter { $0.hasPrefix("create ") }
        let adds = lines.filter { $0.hasPrefix("add ") }
        let masked = adds.map { $0.replacing(/timeout [1-9]\d*/, with: "timeout N") }
        return creates + (isList ? masked : masked.sorted())
    }
}
