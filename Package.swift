// swift-tools-version: 6.2

import PackageDescription

/// Warnings are errors, and an import is visible only where it is written: both keep the table of
/// targets below honest. `Tests/ArchitectureTests` holds the sources against this table.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: ["TestSupport"] + dependencies, swiftSettings: strict)
}

let package = Package(
    name: "gatehouse",
    products: [
        .executable(name: "gatehouse", targets: ["gatehouse"]),
        .library(
            name: "GatehouseKit",
            targets: [
                "Diagnostics", "Packets", "RuleSyntax", "AddressSets", "RuleModel", "Extensions", "Conntrack",
                "Engine", "Symbolic", "Queries", "Linter", "Gateway", "PolicyFile", "Replay", "Reports",
                "Captures", "GatewayServer", "KernelOracle",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // A target imports only targets above it.
        library("Diagnostics"),
        library("Packets"),
        library("RuleSyntax", ["Diagnostics"]),
        library("AddressSets", ["Diagnostics", "Packets", "RuleSyntax"]),
        library("RuleModel", ["Diagnostics", "Packets", "RuleSyntax", "AddressSets"]),
        library("Extensions", ["Diagnostics", "Packets", "AddressSets", "RuleModel"]),
        library("Conntrack", ["Packets"]),
        library("Engine", ["Packets", "RuleModel", "Conntrack"]),
        library("Symbolic", ["Packets", "RuleModel"]),
        library("Queries", ["Diagnostics", "Packets", "RuleModel", "Symbolic"]),
        library("Linter", ["Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Symbolic"]),
        library("Gateway", ["Packets", "CZlib"]),
        library(
            "PolicyFile", ["Diagnostics", "Packets", "Gateway", .product(name: "Yams", package: "Yams")],
            exclude: ["gateway-policy.schema.json"]),
        library("Replay", ["Packets", "RuleModel", "Conntrack", "Engine", "Gateway"]),
        library(
            "Reports",
            [
                "Diagnostics", "Packets", "RuleModel", "Conntrack", "Engine", "Symbolic", "Queries", "Linter",
                "Gateway", "Replay",
            ]),
        library("Captures", ["Packets", "CPcap", "CZlib"]),
        library("KernelOracle", ["Packets", "RuleModel", "Conntrack", "Engine", "CPcap", "CLinux"]),
        library(
            "GatewayServer",
            [
                "Packets", "Gateway", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "Diagnostics", "Packets", "RuleSyntax", "AddressSets", "RuleModel", "Extensions", "Conntrack",
                "Engine", "Symbolic", "Queries", "Linter", "Gateway", "PolicyFile", "Replay", "Reports",
                "Captures", "GatewayServer", "KernelOracle",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        .target(
            name: "TestSupport",
            dependencies: ["Diagnostics", "Packets", "RuleModel"],
            path: "Tests/TestSupport",
            swiftSettings: strict),
        tests("ArchitectureTests", []),
        tests("PacketsTests", ["Packets"]),
        tests("AddressSetsTests", ["Diagnostics", "Packets", "AddressSets"]),
        tests(
            "RulesTests",
            ["Diagnostics", "Packets", "RuleSyntax", "AddressSets", "RuleModel", "Extensions"]),
        tests("ConntrackTests", ["Packets", "Conntrack"]),
        tests(
            "EngineTests",
            [
                "Diagnostics", "Packets", "RuleSyntax", "AddressSets", "RuleModel", "Extensions", "Conntrack",
                "Engine",
            ]),
        tests(
            "SymbolicTests",
            [
                "Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Extensions", "Conntrack", "Engine",
                "Symbolic", "Queries",
            ]),
        tests("GatewayTests", ["Packets", "Gateway"]),
        tests("PolicyTests", ["Diagnostics", "Packets", "Gateway", "PolicyFile"]),
        tests("GatewayServerTests", ["Packets", "Gateway", "GatewayServer"]),
        tests("CapturesTests", ["Packets", "Captures"]),
        tests(
            "ReplayTests",
            [
                "Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Extensions", "Conntrack", "Engine",
                "Gateway", "Replay", "Reports", "Captures",
            ]),
        tests(
            "LinterTests",
            [
                "Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Extensions", "Symbolic", "Linter",
                "Reports",
            ]),
        tests(
            "KernelTests",
            [
                "Diagnostics", "Packets", "AddressSets", "RuleSyntax", "RuleModel", "Extensions", "Conntrack",
                "Engine", "Reports", "KernelOracle",
            ]),
        tests(
            "SemanticsTests",
            [
                "Diagnostics", "Packets", "RuleSyntax", "AddressSets", "RuleModel", "Extensions", "Conntrack",
                "Engine",
                "Reports", "KernelOracle",
            ]),
        tests("CommandTests", []),
    ]
)
