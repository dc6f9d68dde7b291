import Glibc
import Testing

/// `verify` around its agreement with the kernel, which the README shows.
@Suite(.enabled(if: geteuid() == 0, "network namespaces need root")) struct VerifyTests {
    private static let host = [
        "--host", "Fixtures/Hosts/laptop", "--capture", "eth0=Fixtures/Captures/laptop.pcap",
    ]

    @Test func aFilterThatMakesNoSenseIsNoAgreement() throws {
        let result = try Program.run(
            ["verify", "Rules/laptop.v4", "--filter", "nonsense ("] + VerifyTests.host)
        #expect(result.errors.contains("can't parse filter expression"))
        #expect(result.output == "")
    }

    @Test func theKernelGetsTheSets() throws {
        let sets = "Fixtures/AddressSets/office.ipset"
        let result = try Program.run(
            ["verify", "Fixtures/AddressSets/office.v4", "--ipset", sets] + VerifyTests.host)
        #expect(result.errors == "")
        #expect(result.output.contains("292 agree, 0 differ"))
    }
}
