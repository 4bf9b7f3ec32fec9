import ArgumentParser
import MessageQueue
import Operations
import PaymentEvents

/// Looks at input that was refused at the door.
struct Rejected: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at input that was refused at the door.",
        subcommands: [List.self, Show.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List refused input, newest first.")

        @Option(help: "Of this tenant.") var tenant: String?
        @Option(help: "Owned by this team.") var owner: String?
        @Option(help: "Refused within this time, such as 15m or 2h.") var since: TimeSpan?
        @Option(help: "At most this many, 1 to 1000.") var limit = 50
        @Option(help: "Go on below this number.") var below: Int64?
        @Option(name: .shortAndLong, help: "table, json or jsonl.") var output = OutputForm.table
        @OptionGroup var options: CommonOptions

        func validate() throws {
            guard (1...1000).contains(limit) else {
                throw ValidationError("--limit is 1 to 1000")
            }
        }

        func run() async throws {
            let settings = try await options.settings()
            let events = try await withDatabase(settings) { pool in
                try await DeadLetterOffice(queue: MessageQueue(pool: pool)).listRejected(
                    tenant: tenant, owner: owner, since: since?.duration, below: below ?? .max,
                    limit: limit)
            }
            printPage(
                events.map(\.json), as: output, table: { Self.table(events) },
                none: "nothing was refused")
            if events.count == limit, let last = events.last {
                Terminal.writeError("there may be more: --below \(last.rejectedID)\n")
            }
        }

        private static func table(_ events: [RejectedEvent]) -> TextTable {
            var table = TextTable(
                columns: [
                    "number", "refused", "tenant", "source", "owner", "rule", "pointer", "reason",
                ])
            for event in events {
                table.add([
                    String(event.rejectedID), Timestamp.text(event.rejectedAt), event.tenant ?? "",
                    event.source, event.owner, event.rule, event.pointer, event.reason,
                ])
            }
            return table
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one refused input, redacted, as JSON.")

        @Argument(help: "Its number, from the answer or clearway rejected list.") var number: Int64

        @OptionGroup var options: CommonOptions

        func run() async throws {
            let settings = try await options.settings()
            let event = try await withDatabase(settings) { pool in
                try await DeadLetterOffice(queue: MessageQueue(pool: pool)).showRejected(number)
            }
            guard let event else {
                throw CommandError(
                    "nothing was refused under the number \(number)",
                    next: "see: clearway rejected list")
            }
            print(event.json.canonicalText)
        }
    }
}
