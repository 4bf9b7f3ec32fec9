import ArgumentParser
import Foundation

@main
struct Clearway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clearway",
        abstract: "A durable message queue between Salesforce B2C Commerce and Stripe.",
        discussion: """
            Producers write payment events into PostgreSQL; workers deliver each of them once to \
            Stripe or Salesforce, in order, within a shared rate budget; what cannot be delivered \
            waits for its owner and is replayed on command.

            Settings come from the environment or a file (--config); see: clearway config
            """,
        groupedSubcommands: [
            CommandGroup(name: "Trying it", subcommands: [Demo.self]),
            CommandGroup(
                name: "Setting up", subcommands: [Migrate.self, Tenant.self, ShowConfig.self]),
            CommandGroup(
                name: "Running", subcommands: [Serve.self, Work.self, SandboxCommand.self]),
            CommandGroup(name: "Producing", subcommands: [Enqueue.self]),
            CommandGroup(
                name: "Operating",
                subcommands: [Depth.self, DeadLetters.self, Rejected.self, Replay.self]),
            CommandGroup(name: "Measuring", subcommands: [Bench.self, BenchWorker.self]),
        ])

    static func main() async {
        do {
            var command = try await parse()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = CommandError(explaining: error) else { exit(withError: error) }
            FileHandle.standardError.write(Data("clearway: \(failure)\n".utf8))
            Foundation.exit(failure.exitCode)
        }
    }

    private static func parse() async throws -> any ParsableCommand {
        try parseAsRoot()
    }
}

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("A file of NAME=value lines; the environment wins.", valueName: "file"))
    var configFile: String?

    func settings() async throws(CommandError) -> Settings {
        try await Settings(file: configFile)
    }
}
