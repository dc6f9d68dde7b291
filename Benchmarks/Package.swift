// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "gatehouse-benchmarks",
    targets: [
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
        .executableTarget(
            name: "PcapLoop", dependencies: ["CPcap"], swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(name: "ReplayBenchmark", swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(name: "ConnectionFlood", swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
