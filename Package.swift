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

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
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
                "Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Extensions", "Conntrack", "Engine",
                "Symbolic", "Queries", "Linter", "Replay", "Reports", "Captures",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // A target imports only targets above it.
        library("Diagnostics"),
        library("Packets"),
        library("RuleSyntax", ["Diagnostics"]),
        library("RuleModel", ["Diagnostics", "Packets", "RuleSyntax"]),
        library("Extensions", ["Diagnostics", "Packets", "RuleModel"]),
        library("Conntrack", ["Packets"]),
        library("Engine", ["Packets", "RuleModel", "Conntrack"]),
        library("Symbolic", ["Packets", "RuleModel"]),
        library("Queries", ["Diagnostics", "Packets", "RuleModel", "Symbolic"]),
        library("Linter", ["Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Symbolic"]),
        library("Replay", ["Packets", "RuleModel", "Conntrack", "Engine"]),
        library(
            "Reports",
            [
                "Diagnostics", "Packets", "RuleModel", "Conntrack", "Engine", "Symbolic", "Queries", "Linter", "Replay",
            ]),
        library("Captures", ["Packets", "CPcap", "CZlib"]),
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Extensions", "Conntrack", "Engine",
                "Symbolic", "Queries", "Linter", "Replay", "Reports", "Captures",
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
        tests("RulesTests", ["Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Extensions"]),
        tests("ConntrackTests", ["Packets", "Conntrack"]),
        tests(
            "EngineTests",
            ["Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Extensions", "Conntrack", "Engine"]),
        tests(
            "SymbolicTests",
            [
                "Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Extensions", "Conntrack", "Engine",
                "Symbolic", "Queries",
            ]),
        tests("CapturesTests", ["Packets", "Captures"]),
        tests(
            "ReplayTests",
            [
                "Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Extensions", "Conntrack", "Engine",
                "Replay",
                "Reports", "Captures",
            ]),
        tests(
            "LinterTests",
            ["Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Extensions", "Symbolic", "Linter", "Reports"]),
        tests("CommandTests", []),
    ]
)
