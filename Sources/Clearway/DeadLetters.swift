import ArgumentParser
import Foundation
import MessageQueue
import Operations
import PaymentEvents

/// Looks at what will not be tried again without a person.
struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq",
        abstract: "Look at dead letters: what will not be tried again without a person.",
        subcommands: [List.self, Show.self])

    /// Which dead letters are meant; the same in `dlq list` and `replay plan`.
    struct Filter: ParsableArguments {
        @Option(help: "Of this tenant.") var tenant: String?
        @Option(help: "Bound for stripe, commerce_cloud or finance.") var destination: String?
        @Option(help: "Owned by this team.") var owner: String?
        @Option(help: "With this cause, such as business_rejected.") var cause: String?
        @Option(help: "With this code, the provider's or ours.") var code: String?
        @Option(help: "With this signature: failed in the same way.") var signature: String?
        @Option(help: "Of this event type.") var type: String?
        @Option(help: "Died within this time, such as 90s, 15m, 2h or 7d.") var since: TimeSpan?

        func validate() throws {
            if let destination, Destination(rawValue: destination) == nil {
                throw ValidationError(
                    "--destination is stripe, commerce_cloud or finance, not '\(destination)'")
            }
        }

        var value: DeadLetterFilter {
            DeadLetterFilter(
                tenant: tenant, destination: destination, owner: owner, cause: cause, code: code,
                signature: signature, type: type, since: since?.duration)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List dead letters, oldest message first.",
            discussion: """
                Filters narrow together. When there are more, the last line on standard error \
                tells how to go on.

                Example: clearway dlq list --owner oms --since 2h
                """)

        @OptionGroup(title: "Filters") var filter: Filter

        @Option(help: "At most this many, 1 to 1000.") var limit = 50

        @Option(help: ArgumentHelp("Go on after this place.", valueName: "tenant:message"))
        var after: String?

        @Option(name: .shortAndLong, help: "table, json or jsonl.") var output = OutputForm.table

        @OptionGroup var options: CommonOptions

        func validate() throws {
            guard (1...1000).contains(limit) else {
                throw ValidationError("--limit is 1 to 1000")
            }
            _ = try cursor()
        }

        private func cursor() throws -> MessageQueue.DeadLetterCursor {
            guard let after else { return .start }
            let parts = after.split(separator: ":")
            guard parts.count == 2, let tenant = Int32(parts[0]), let message = Int64(parts[1])
            else {
                throw ValidationError("--after is what the page before ended with, like 1:4711")
            }
            return MessageQueue.DeadLetterCursor(tenantID: tenant, messageID: message)
        }

        func run() async throws {
            let settings = try await options.settings()
            let cursor = try cursor()
            let letters = try await withDatabase(settings) { pool in
                try await DeadLetterOffice(queue: MessageQueue(pool: pool)).list(
                    filter.value, after: cursor, limit: limit)
            }
            printPage(
                letters.map(\.json), as: output, table: { Self.table(letters) },
                none: "no dead letters")
            if letters.count == limit, let last = letters.last {
                Terminal.writeError(
                    "there may be more: --after \(last.tenantID):\(last.messageID)\n")
            }
        }

        private static func table(_ letters: [DeadLetter]) -> TextTable {
            var table = TextTable(
                columns: [
                    "message", "tenant", "destination", "type", "died", "owner", "cause", "code",
                    "money", "tries", "signature",
                ], rightAligned: [8, 9])
            for letter in letters {
                table.add([
                    String(letter.messageID), letter.tenant, letter.destination, letter.type,
                    Timestamp.text(letter.deadAt), letter.owner, letter.cause, letter.code,
                    moneyText(letter.amountMinor, letter.currency), String(letter.attemptCount),
                    letter.signature,
                ])
            }
            return table
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one dead letter: why, every attempt, and the event, redacted.")

        @Argument(help: "The message's number, from clearway dlq list.") var message: Int64

        @Option(help: "Its tenant, where two have the number.") var tenant: String?

        @Flag(help: "Print JSON.") var json = false

        @OptionGroup var options: CommonOptions

        func run() async throws {
            let settings = try await options.settings()
            let found = try await withDatabase(settings) { pool in
                try await DeadLetterOffice(queue: MessageQueue(pool: pool)).show(
                    message, tenant: tenant)
            }
            guard let detail = found.first else {
                throw CommandError(
                    "there is no dead letter \(message)", next: "see: clearway dlq list")
            }
            guard found.count == 1 else {
                throw CommandError(
                    "several tenants have a dead letter \(message)",
                    next: "name one with --tenant")
            }
            print(json ? detail.json.canonicalText : Self.text(detail))
        }

        private static func text(_ detail: MessageQueue.DeadLetterDetail) -> String {
            let letter = detail.letter
            var lines = [
                "message    \(letter.messageID)  \(letter.type)",
                "tenant     \(letter.tenant) → \(letter.destination)",
                "died       \(Timestamp.text(letter.deadAt)) after \(letter.attemptCount) "
                    + (letter.attemptCount == 1 ? "try" : "tries"),
                "owner      \(letter.owner), to acknowledge by "
                    + Timestamp.text(letter.acknowledgeBy),
                "cause      \(letter.cause) / \(letter.code)"
                    + (letter.httpStatus.map { " (HTTP \($0))" } ?? ""),
                "reason     \(Redaction.safe(letter.message))",
            ]
            if let pointer = letter.pointer { lines.append("field      \(pointer)") }
            if let id = letter.requestID { lines.append("request    \(id)") }
            if letter.amountMinor != nil {
                lines.append("money      \(moneyText(letter.amountMinor, letter.currency))")
            }
            lines.append("signature  \(letter.signature)")
            if let sent = detail.firstSentAt {
                let hours = Double(detail.keyAge?.components.seconds ?? 0) / 3600
                lines.append(
                    "sent       \(Timestamp.text(sent)), key age "
                        + String(format: "%.1f h", hours)
                        + (detail.idempotencyKey.map { ", key \($0)" } ?? ""))
            } else {
                lines.append("sent       never")
            }
            if detail.heldCount > 0 {
                lines.append("holds back \(detail.heldCount) later messages of its key")
            }
            if !detail.attempts.isEmpty {
                var table = TextTable(
                    columns: ["try", "finished", "outcome", "http", "code", "ms", "message"],
                    rightAligned: [0, 3, 5])
                for attempt in detail.attempts {
                    let milliseconds = Int(attempt.duration / .milliseconds(1))
                    table.add([
                        String(attempt.number), Timestamp.text(attempt.finishedAt),
                        attempt.outcome, attempt.httpStatus.map(String.init) ?? "",
                        attempt.code ?? "", String(milliseconds),
                        attempt.message.map(Redaction.safe) ?? "",
                    ])
                }
                lines += ["", table.text]
            }
            lines += ["", detail.event.canonicalText]
            return lines.joined(separator: "\n")
        }
    }
}
