import Foundation
import Glibc
import Testing

/// Asks the kernel of this machine. Skipped without root, and in a clone without `../shared`, which holds the
/// scenarios and the program that asks.
@Suite struct KernelJudgeTests {
    private static let shared = Program.repository.deletingLastPathComponent().appendingPathComponent(
        "shared")
    private static let canAsk =
        geteuid() == 0 && FileManager.default.fileExists(atPath: shared.path + "/oracle/kernel_oracle.py")
        && FileManager.default.fileExists(atPath: "/usr/sbin/iptables-legacy-restore")

    /// Counters of matches with memory, after packets with pauses.
    @Test(.enabled(if: canAsk, "needs root, iptables and ../shared/oracle"))
    func memoriesAreTheKernels() throws {
        let process = Process()
        process.executableURL = Program.repository.appendingPathComponent("Scripts/judge-memories.py")
        process.arguments = [Program.executable.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }

    /// Rules without state, so that each packet stands for itself.
    @Test(
        .enabled(if: canAsk, "needs root, iptables and ../shared/oracle"),
        arguments: ["scans", "floods", "ipv4-oddities", "ipv6-exthdr", "icmp-and-paths", "mixed-office"])
    func statelessVerdictsAreTheKernels(scenario: String) throws {
        let process = Process()
        process.executableURL = Program.repository.appendingPathComponent("Scripts/judge-captures.py")
        process.arguments = [
            Program.executable.path, "stateless-edge", KernelJudgeTests.shared.path + "/captures/\(scenario)",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains(" 0 differ"), "\(text)")
    }
}
