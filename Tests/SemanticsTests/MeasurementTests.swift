import Foundation
import Glibc
import KernelOracle
import Packets
import RuleModel
import Testing

private let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/Semantics")

private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }.sorted()
}

private func read(_ name: String) throws -> Measurement {
    try Measurement(String(contentsOf: folder.appending(path: name), encoding: .utf8))
}

/// The beginning of the names of files into which the kernel's answers are written; nil if they are compared.
private let recorded = ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"].map { $0 == "1" ? "" : $0 }

/// What netfilter does, fact by fact: the simulator and the kernel each have to do what the files of `Fixtures/Semantics` say.
///
/// `GATEHOUSE_RECORD=1` writes what the kernel does into the files, `GATEHOUSE_RECORD=48b` into those whose names begin so.
@Suite(.serialized) struct MeasurementTests {
    @Test func everyFactHasAFile() throws {
        let numbers = (1...56).map { ($0 < 10 ? "0" : "") + "\($0)" } + ["48b"]
        let prefixes = try names().map { String($0.prefix { $0 != "-" }) }
        #expect(prefixes.sorted() == numbers.sorted())
        for name in try names() {
            let measurement = try read(name)
            #expect(!measurement.title.isEmpty && !measurement.cases.isEmpty, "\(name)")
            #expect(measurement.cases.allSatisfy { !$0.rules.isEmpty && !$0.steps.isEmpty }, "\(name)")
        }
    }

    @Test(arguments: try names())
    func theSimulatorAgrees(_ name: String) throws {
        try simulate(name)
    }

    private func simulate(_ name: String) throws {
        for measured in try read(name).cases {
            for backend in backends(of: measured) {
                let run = try MeasuredRun.simulate(measured, backend)
                check(run, measured, "\(name), \(measured.name), simulated \(backend)", countsPieces: false)
            }
        }
    }

    @Test(
        .enabled(if: MeasurementTests.canAsk, "needs root, iptables, nft and conntrack"),
        arguments: try names().filter { $0.hasPrefix(recorded ?? "") })
    func theKernelAgrees(_ name: String) throws {
        let measurement = try read(name)
        var runs: [MeasuredRun] = []
        for measured in measurement.cases {
            for (index, backend) in backends(of: measured).enumerated() {
                let run = try MeasuredRun.measure(measured, backend)
                if index == 0 { runs.append(run) }
                if recorded == nil || index > 0 {
                    let expected = recorded == nil ? measured : measured.expecting(runs.last)
                    check(run, expected, "\(name), \(measured.name), kernel \(backend)", countsPieces: true)
                }
            }
        }
        guard recorded != nil else { return }
        try measurement.text(with: runs)
            .write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }

    static let canAsk =
        geteuid() == 0
        && ["iptables-legacy-restore", "iptables-nft-restore", "conntrack", "nft", "ip", "ipset"]
            .allSatisfy { (name: String) in access("/usr/sbin/" + name, X_OK) == 0 }

    private func backends(of measured: Measurement.Case) -> [RuleBackend] {
        RuleBackend.allCases.filter { measured.backend == nil || measured.backend == $0.rawValue }
    }

    private func check(
        _ run: MeasuredRun, _ measured: Measurement.Case, _ place: String, countsPieces: Bool
    ) {
        for (step, outcome) in zip(measured.steps, run.outcomes) {
            let agrees =
                countsPieces ? outcome == step.outcome : MeasuredOutcome.agree(outcome, step.outcome)
            #expect(agrees, "\(place), line \(step.line): \(step.words): \(outcome), not \(step.outcome)")
        }
        let counted = MeasuredCounters.apply(run.saved, to: measured.rules)
        for (one, other) in zip(counted, measured.rules) where one != other {
            Issue.record("\(place): \(one), expected \(other)")
        }
        if let connections = measured.connections {
            #expect(run.connections == connections, "\(place)")
        }
    }
}

extension Measurement.Case {
    /// With what was observed in place of what the file says.
    fileprivate func expecting(_ run: MeasuredRun?) -> Measurement.Case {
        guard let run else { return self }
        var copy = self
        copy.rules = MeasuredCounters.apply(run.saved, to: rules)
        for index in copy.steps.indices { copy.steps[index].outcome = run.outcomes[index] }
        if connections != nil { copy.connections = run.connections }
        return copy
    }
}
