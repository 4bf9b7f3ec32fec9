import Foundation
import MessageQueue
import Postgres
import TestSupport
import Testing

@Suite struct CLICommandTests {
    private func line(_ key: String, amount: Int = 1999, tenant: String = "acme-us") -> String {
        """
        {"type":"payment.capture.requested","schema_version":1,"tenant":"\(tenant)",\
        "idempotency_key":"\(key)","occurred_at":"2026-11-24T10:00:00Z",\
        "money":{"amount_minor":\(amount),"currency":"USD"},\
        "ids":{"order_no":"1","site_id":"RefArch","payment_intent":"pi_1"},"data":{}}

        """
    }

    /// A migrated database with a tenant, both made by the commands.
    private func withTenant<R>(_ body: (CLIProcess, MessageQueue) async throws -> R) async throws
        -> R
    {
        try await withMigratedDatabase { database in
            let clearway = CLIProcess(databaseURL: database.url)
            let added = try await clearway.run(
                "tenant", "add", "acme-us", "--stripe-calls-per-second", "80")
            #expect(added.status == 0)
            #expect(added.output.contains("stripe 80 calls/s"))
            return try await body(clearway, database.queue)
        }
    }

    @Test func `migrate brings an empty database up and says what it did`() async throws {
        try await withDatabase { url in
            let clearway = CLIProcess(databaseURL: url)
            let early = try await clearway.run("depth")
            #expect(early.status == 1)
            #expect(early.error.contains("run: clearway migrate"))
            #expect(try await clearway.run("migrate", "--dry-run").output.contains("would apply"))
            #expect(try await clearway.run("migrate").output.contains("applied V001_queue"))
            let status = try await clearway.run("migrate", "--status")
            #expect(!status.output.contains("pending"))
            #expect(try await clearway.run("depth").output.contains("clearway tenant add"))
        }
    }

    @Test func `enqueue writes all lines and takes them again as duplicates`() async throws {
        try await withTenant { clearway, queue in
            let lines = line("a") + "\n" + line("b")
            let first = try await clearway.run("enqueue", "-", input: lines)
            #expect(first.status == 0)
            #expect(first.output == "accepted 2, duplicates 0, refused 0\n")
            let again = try await clearway.run("enqueue", "-", input: lines)
            #expect(again.status == 0)
            #expect(again.output == "accepted 0, duplicates 2, refused 0\n")
            let depth = try await queue.readDepth()
            #expect(depth.map(\.ready).reduce(0, +) == 2)
        }
    }

    @Test func `enqueue writes nothing when a line is refused and names it`() async throws {
        try await withTenant { clearway, queue in
            let lines = line("a") + "{\"type\"\n" + line("c", tenant: "nobody")
            let result = try await clearway.run("enqueue", "-", input: lines)
            #expect(result.status == 2)
            #expect(result.error.contains("line 2: (document): json-syntax"))
            #expect(result.error.contains("line 3: /tenant"))
            let depth = try await queue.readDepth()
            #expect(depth.map(\.accepted).reduce(0, +) == 0)
        }
    }

    @Test func `enqueue that keeps going writes the good lines`() async throws {
        try await withTenant { clearway, queue in
            let lines = line("a") + line("a", amount: 5) + line("b")
            let result = try await clearway.run("enqueue", "-", "--keep-going", input: lines)
            #expect(result.status == 3)
            #expect(result.error.contains("line 2: /idempotency_key"))
            #expect(result.output == "accepted 2, duplicates 0, refused 1\n")
            let depth = try await queue.readDepth()
            #expect(depth.map(\.accepted).reduce(0, +) == 2)
        }
    }

    @Test func `depth speaks JSON and says that nothing is missing`() async throws {
        try await withTenant { clearway, _ in
            _ = try await clearway.run("enqueue", "-", input: line("a"))
            let result = try await clearway.run("depth", "--json")
            #expect(result.output.contains("\"is_conserved\":true"))
            #expect(result.output.contains("\"residual_count\":0"))
        }
    }

    @Test func `an empty queue has no dead letters and nothing to replay`() async throws {
        try await withTenant { clearway, _ in
            #expect(try await clearway.run("dlq", "list").output == "no dead letters\n")
            #expect(try await clearway.run("dlq", "list", "-o", "json").output == "[]\n")
            #expect(try await clearway.run("rejected", "list").output == "nothing was refused\n")
            let plan = try await clearway.run("replay", "plan", "--reason", "because")
            #expect(plan.status == 3)
            let id = UUID().uuidString
            let apply = try await clearway.run("replay", "apply", id)
            #expect(apply.status == 3)
            #expect(apply.error.contains("there is no replay plan"))
        }
    }
}
