// swift-tools-version: 6.2

import PackageDescription

/// libFuzzer harnesses. See README.md for how to run them.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .unsafeFlags(["-sanitize=fuzzer"]),
]
let linker: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]

let package = Package(
    name: "gatehouse-fuzz",
    dependencies: [.package(name: "gatehouse", path: "..")],
    targets: [.systemLibrary(name: "CLibFuzzer")]
        + ["FuzzSyntax", "FuzzRules", "FuzzPackets", "FuzzCaptures", "FuzzGateway"].map { name in
            .executableTarget(
                name: name,
                dependencies: ["CLibFuzzer", .product(name: "GatehouseKit", package: "gatehouse")],
                swiftSettings: settings, linkerSettings: linker)
        }
)
