import ArgumentParser

@main
struct Clearway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clearway", subcommands: [Bench.self, BenchWorker.self])
}
