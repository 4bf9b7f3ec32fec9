import ArgumentParser
import Logging
import MessageQueue
import PaymentEvents

/// Brings the database to the schema of this binary.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database to the schema of this binary.",
        discussion: """
            Migrations only add, run once each, and are safe when two run at once. A database \
            with a newer schema than this binary knows is refused.

            Example: DATABASE_URL=postgresql://clearway@db/clearway clearway migrate
            """)

    @Flag(help: "Say what would be applied and change nothing.")
    var dryRun = false

    @Flag(help: "List every migration and whether it is applied.")
    var status = false

    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard !(dryRun && status) else {
            throw ValidationError("give --dry-run or --status, not both")
        }
    }

    func run() async throws {
        let settings = try await options.settings()
        try await withDatabase(settings) { pool in
            var logger = Logger(label: "clearway.migrate")
            logger.logLevel = .warning
            let migrator = Migrator(pool: pool, logger: logger)
            let steps = try await migrator.status()
            if status {
                for step in steps {
                    print("\(Self.label(step))  \(step.isApplied ? "applied" : "pending")")
                }
                return
            }
            let pending = steps.filter { !$0.isApplied }
            if dryRun {
                for step in pending { print("would apply \(Self.label(step))") }
                if pending.isEmpty { print("nothing to apply, schema \(Migrator.newestVersion)") }
                return
            }
            let applied = try await migrator.migrate(catalogue: Catalogue.standard.definitions)
            for step in steps where applied.contains(step.version) {
                print("applied \(Self.label(step))")
            }
            print(
                "schema \(Migrator.newestVersion), "
                    + "\(Catalogue.standard.definitions.count) event types")
        }
    }

    private static func label(_ step: Migrator.Step) -> String {
        let number = String(step.version)
        return "V" + String(repeating: "0", count: max(0, 3 - number.count)) + number
            + "_" + step.name
    }
}
