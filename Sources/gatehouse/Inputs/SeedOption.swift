import ArgumentParser

/// From where chance comes.
struct SeedOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Draws other lots where the kernel draws them: ports of translations, statistic --mode random, which connections a full table gives up.",
            valueName: "n"))
    var seed: UInt64 = 0
}
