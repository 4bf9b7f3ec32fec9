import ArgumentParser
import Foundation
import MessageQueue
import PaymentEvents
import Postgres

/// Puts events from a file into the queue.
struct Enqueue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put events from a file into the queue, one JSON object per line.",
        discussion: """
            By default all lines go in or none: one transaction, refused when a line breaks the \
            contract or uses an idempotency key of another content. With --keep-going the good \
            lines go in, 1000 at a time. A line that was accepted before counts as success, so a \
            file can be sent again after any failure.

            Lines that are refused are named on standard error with their number, JSON pointer \
            and reason.

            Exit codes: 0 all lines are in the queue; 2 lines were refused and nothing was \
            written; 3 lines were refused and the others were written; 1 anything else.

            Example: clearway enqueue orders.jsonl --tenant acme-us
            """)

    @Argument(help: "The file, or - for standard input.") var file: String

    @Flag(help: "Write the good lines even when others are refused.") var keepGoing = false

    @Option(help: "The tenant of every line; a line that names another is refused.") var tenant:
        String?

    @Option(help: "The source of lines that name none.") var source = "file"

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let settings = try await options.settings()
        let reader = try LineReader(path: file)
        defer { reader.close() }
        let report = try await withDatabase(settings) { pool in
            let queue = MessageQueue(pool: pool)
            let loader = FileLoader(
                queue: queue, tenants: Set(try await queue.tenantNames()),
                defaults: EventDefaults(tenant: tenant, source: source),
                progress: ProgressLine())
            return keepGoing
                ? try await loader.loadKeepingGoing(reader)
                : try await loader.loadAllOrNothing(reader)
        }
        print(report.text)
        if report.refusedCount > 0 { throw ExitCode(report.isWritten ? 3 : 2) }
    }
}

/// What became of a file's lines.
struct LoadReport: Sendable {
    var acceptedCount = 0
    var duplicateCount = 0
    var refusedCount = 0
    var isWritten = true

    var text: String {
        guard isWritten else {
            return "nothing was written: \(refusedCount) "
                + (refusedCount == 1 ? "line was" : "lines were") + " refused"
        }
        return "accepted \(acceptedCount), duplicates \(duplicateCount), refused \(refusedCount)"
    }
}

/// One line that rewrites itself, on a terminal only.
struct ProgressLine: Sendable {
    private let isShown = Terminal.isError

    func show(_ report: LoadReport, lines: Int) {
        guard isShown else { return }
        Terminal.writeError("\r\(lines) lines, \(report.refusedCount) refused\u{1B}[K")
    }

    func clear() {
        guard isShown else { return }
        Terminal.writeError("\r\u{1B}[K")
    }
}
