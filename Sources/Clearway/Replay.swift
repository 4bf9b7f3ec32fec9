import ArgumentParser
import Foundation
import MessageQueue
import Operations
import PaymentEvents

/// Delivers dead letters again, in two steps.
struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deliver dead letters again: plan it, look at the plan, apply it.",
        subcommands: [Plan.self, Apply.self])

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say exactly what a replay would do, and write that down.",
            discussion: """
                A plan names the dead letters that match now, not those that will. It changes \
                nothing, expires after 15 minutes, and is refused when one of its dead letters has \
                changed. What was sent before is looked for at the destination before anything is \
                sent again, so that no effect comes twice.

                Example: clearway replay plan --signature v1:0f3a… --reason "order was imported"
                """)

        @OptionGroup(title: "Filters") var filter: DeadLetters.Filter

        @Option(name: .customLong("message"), help: "Only this message; may be repeated.")
        var messages: [Int64] = []

        @Option(help: "At most this many, the oldest first.") var limit = 1000

        @Option(help: "Why: 3 to 2000 characters, kept in the audit.") var reason: String

        @Flag(help: "Print JSON.") var json = false

        @OptionGroup var options: CommonOptions

        func validate() throws {
            guard (3...2000).contains(reason.count) else {
                throw ValidationError("--reason has 3 to 2000 characters")
            }
            guard (1...Replayer.limitMax).contains(limit) else {
                throw ValidationError("--limit is 1 to \(Replayer.limitMax)")
            }
        }

        func run() async throws {
            let settings = try await options.settings()
            let plan = try await withDatabase(settings) { pool in
                let queue = MessageQueue(pool: pool)
                var filter = filter.value
                if filter.tenant == nil { filter.tenant = try await Self.onlyTenant(queue) }
                return try await Replayer(queue: queue).plan(
                    filter, messageIDs: messages.isEmpty ? nil : messages, limit: limit,
                    reason: reason)
            }
            guard let plan else {
                throw CommandError(
                    "no dead letter matches", next: "see: clearway dlq list", exitCode: 3)
            }
            print(json ? Self.json(plan).canonicalText : Self.text(plan))
        }

        private static func onlyTenant(_ queue: MessageQueue) async throws -> String {
            let names = try await queue.tenantNames()
            guard let name = names.first, names.count == 1 else {
                throw CommandError(
                    names.isEmpty ? "there are no tenants" : "there are \(names.count) tenants",
                    next: names.isEmpty
                        ? "add one with: clearway tenant add NAME"
                        : "name one with --tenant: \(names.prefix(5).joined(separator: ", "))")
            }
            return name
        }

        private static func text(_ plan: ReplayPlan) -> String {
            var lines = [
                "plan       \(plan.planID.text)",
                "messages   \(plan.messageCount): \(examples(plan))",
                "money      \(moneyText(plan.money))",
                "sent       \(plan.sentCount) were sent before and are looked for first",
                "planned by \(plan.plannedBy), expires \(Timestamp.text(plan.expiresAt))",
            ]
            if plan.hasMore {
                lines.append("more match than --limit let in; plan again after this")
            }
            lines += ["", "apply it with: clearway replay apply \(plan.planID.text)"]
            return lines.joined(separator: "\n")
        }

        private static func examples(_ plan: ReplayPlan) -> String {
            let text = plan.examples.map(String.init).joined(separator: ", ")
            return plan.messageCount > plan.examples.count ? "\(text), …" : text
        }

        private static func json(_ plan: ReplayPlan) -> JSONValue {
            [
                "plan_id": .string(plan.planID.text),
                "message_count": .int(Int64(plan.messageCount)),
                "money": (try? JSONValue(parsing: plan.money)) ?? .null,
                "sent_count": .int(Int64(plan.sentCount)), "has_more": .bool(plan.hasMore),
                "expires_at": .string(Timestamp.text(plan.expiresAt)),
                "planned_by": .string(plan.plannedBy), "row_hash": .string(plan.rowHash),
                "examples": .array(plan.examples.map { .int($0) }),
            ]
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Do what a plan says, once.",
            discussion: """
                Everything happens in one transaction, with its line in the audit. Exit code 3 \
                when the plan was applied already, has expired, or its dead letters have changed: \
                then nothing was done.
                """)

        @Argument(help: "The plan's number, from clearway replay plan.") var plan: String

        @OptionGroup var options: CommonOptions

        func validate() throws {
            guard UUID(text: plan) != nil else {
                throw ValidationError("a plan's number looks like 0f6c1a52-…, not '\(plan)'")
            }
        }

        func run() async throws {
            let settings = try await options.settings()
            guard let id = UUID(text: plan) else { return }
            let applied = try await withDatabase(settings) { pool in
                try await Replayer(queue: MessageQueue(pool: pool)).apply(id)
            }
            print(
                "replayed \(applied.replayedCount) messages of \(applied.tenant), "
                    + moneyText(applied.money))
        }
    }
}
